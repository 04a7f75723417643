import { Instant, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS, HOUR_MS } from '../time.ts'

/** Time that the server keeps exposures, and so the reach of this report. */
const REACH_DAYS = 30
/** Rows of a month: a day for each scope, variant and reason. */
const MAX_ROWS = 100_000
/**
 * Spans before now that are searched for an exposure. The first one has few minutes to read, and
 * finds most flags in use.
 */
const SPANS = [HOUR_MS, DAY_MS, REACH_DAYS * DAY_MS]

export const LastExposures = z
  .array(
    z.object({
      scope: Scope.meta({ description: 'Scope of the exposures', example: 'production/acme' }),
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

/** The last day on which SDKs reported exposures of a flag, in each scope. @param now epoch ms */
export async function lastExposures(
  events: EventStore,
  { project, flag, within }: ExposureTarget,
  now: number,
): Promise<z.infer<typeof LastExposures>> {
  const rows = await events.exposures(project, {
    flag,
    within,
    from: now - REACH_DAYS * DAY_MS,
    to: now + DAY_MS,
    stepMs: DAY_MS,
    limit: MAX_ROWS,
  })
  const days = new Map<string, number>()
  for (const { scope, start } of rows) days.set(scope, Math.max(start, days.get(scope) ?? 0))
  return [...days]
    .sort(([, a], [, b]) => b - a)
    .map(([scope, day]) => ({ scope, day: new Date(day).toISOString() }))
}

/**
 * Returns the start of the last day on which SDKs reported exposures of a flag; undefined for none.
 * @param now epoch ms
 */
export async function lastExposureDay(
  events: Pick<EventStore, 'exposures'>,
  { project, flag, within }: ExposureTarget,
  now: number,
): Promise<string | undefined> {
  for (const span of SPANS) {
    const query = { flag, within, from: now - span, to: now + DAY_MS, stepMs: DAY_MS, limit: 1 }
    const [latest] = await events.exposures(project, query)
    if (latest !== undefined) return new Date(latest.start).toISOString()
  }
  return undefined
}
