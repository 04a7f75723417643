import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS, HOUR_MS } from '../time.ts'

/** Hours that are searched: a month of minutes would take seconds. */
export const REACH_HOURS = 24
/** Rows of a day: an hour for each cell and metric. */
const MAX_ROWS = 100_000

/** A project, and the scope whose outcomes are read. */
export interface OutcomeTarget {
  readonly project: string
  /** Scope of the key that asks; undefined for the whole project. */
  readonly within: string | undefined
}

/** Returns the start of the hour of the last outcome of each metric. @param now epoch ms */
export async function lastOutcomes(
  events: Pick<EventStore, 'outcomes'>,
  { project, within }: OutcomeTarget,
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await events.outcomes(project, {
    within,
    from: now - REACH_HOURS * HOUR_MS,
    // Clocks of reporters may run ahead.
    to: now + DAY_MS,
    stepMs: HOUR_MS,
    limit: MAX_ROWS,
    withoutHistograms: true,
  })
  // The latest rows come first, and a map keeps the last value that it gets.
  return new Map(rows.toReversed().map(({ metric, start }) => [metric, start]))
}
