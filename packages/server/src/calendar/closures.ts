import type { ProjectState } from '@flaghoist/core/model'
import type { Freeze, Instance } from '@flaghoist/core/schema'
import { freezesOf, instanceIn, zoneIn } from './frozen.ts'
import { untilText } from './instant-text.ts'
import { type Phase, phaseAt } from './periods.ts'

/** A window that closes a scope for rollouts, inside of it (a freeze) or outside (the hours). */
export interface Closure {
  readonly code: 'frozen' | 'outside-hours'
  phaseAt(time: number): Phase
  isClosed(phase: Phase): boolean
  /** The sentence about a time that is closed. */
  text(until: number): string
}

/** Lists the closures of a scope: its freezes, then the business hours of its instance. */
export function closuresOf(state: ProjectState, scope: string): readonly Closure[] {
  const instance = instanceIn(state, scope)
  const freezes = freezesOf(state, scope).map((freeze) => closureByFreeze(freeze, instance, scope))
  return [...freezes, ...closureByHours(instance)]
}

function closureByFreeze(freeze: Freeze, instance: Instance | undefined, scope: string): Closure {
  const zone = zoneIn(freeze, instance)
  return {
    code: 'frozen',
    phaseAt: (time) => phaseAt(freeze.window, zone, time),
    isClosed: ({ isInside }) => isInside,
    text: (until) => `The freeze "${freeze.name}" applies in ${scope} ${untilText(until)}.`,
  }
}

function closureByHours(instance: Instance | undefined): readonly Closure[] {
  if (instance?.businessHours === undefined) return []
  const { key, timeZone, businessHours } = instance
  const window = { weekly: businessHours }
  const hours: Closure = {
    code: 'outside-hours',
    phaseAt: (time) => phaseAt(window, timeZone, time),
    isClosed: ({ isInside }) => !isInside,
    text: (until) =>
      `It is outside the business hours of "${key}" (${timeZone}) ${untilText(until)}.`,
  }
  return [hours]
}
