import { Instant, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS } from '../time.ts'

/** Time that the server keeps exposures, and so the reach of this report. */
const REACH_DAYS = 30

export const LastExposures = z
  .array(
    z.object({
      scope: Scope.meta({ description: 'Scope of the exposures', example: 'production/acme' }),
      at: Instant.meta({ description: 'Start of the minute of the last exposure' }),
      day: Instant.meta({ description: 'Start of the day of the last exposure, in UTC' }),
    }),
  )
  .meta({
    description: `Last exposure of the flag in each scope, latest first; the last ${REACH_DAYS} days`,
  })

/** A flag, and the scope that limits the report. */
export interface ExposureTarget {
  readonly project: string
  readonly flag: string
  /** Scope of the key that asks; undefined for the whole project. */
  readonly within: string | undefined
}

/** The last exposure of a flag in each scope, latest first. @param now epoch ms */
export async function lastExposures(
  events: Pick<EventStore, 'lastExposures'>,
  { project, flag, within }: ExposureTarget,
  now: number,
): Promise<z.infer<typeof LastExposures>> {
  const from = now - REACH_DAYS * DAY_MS
  const found = await events.lastExposures(project, { flag, within, from })
  return found.map(({ scope, minute }) => ({
    scope,
    at: new Date(minute).toISOString(),
    day: new Date(Math.floor(minute / DAY_MS) * DAY_MS).toISOString(),
  }))
}

/**
 * Returns the start of the last day on which SDKs reported exposures of a flag; undefined for none.
 * @param now epoch ms
 */
export async function lastExposureDay(
  events: Pick<EventStore, 'lastExposures'>,
  target: ExposureTarget,
  now: number,
): Promise<string | undefined> {
  const [latest] = await lastExposures(events, target, now)
  return latest?.day
}
