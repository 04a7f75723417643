import type { ProjectState } from '@flaghoist/core/model'
import type { z } from 'zod'
import { freezesOf, instanceIn, zoneIn, zoneOf } from './frozen.ts'
import { instantText } from './instant-text.ts'
import { type Period, periodsWithin } from './periods.ts'
import type { Calendar } from './schemas.ts'

/** Returns the freezes and the business hours of a scope within a time. */
export function calendarOf(
  state: ProjectState,
  scope: string,
  time: Period,
): z.infer<typeof Calendar> {
  const instance = instanceIn(state, scope)
  const hours = instance?.businessHours
  const freezes = freezesOf(state, scope).flatMap((freeze) =>
    periodsWithin(freeze.window, zoneIn(freeze, instance), time).map((period) => ({
      key: freeze.key,
      name: freeze.name,
      ...inText(period),
    })),
  )
  return {
    scope,
    timeZone: zoneOf(instance),
    ...inText(time),
    freezes: freezes.sort((a, b) => Date.parse(a.from) - Date.parse(b.from)),
    ...(hours && {
      businessHours: periodsWithin({ weekly: hours }, zoneOf(instance), time).map(inText),
    }),
  }
}

function inText({ from, to }: Period): { from: string; to: string } {
  return { from: instantText(from), to: instantText(to) }
}
