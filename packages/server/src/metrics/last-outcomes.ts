import type { EventStore } from '../stores/event-store.ts'
import { DAY_MS, HOUR_MS } from '../time.ts'

/** Time that the server keeps counts. */
export const REACH_DAYS = 30
/** Rows of a month: a step for each cell and metric. */
const MAX_ROWS = 100_000

/** The steps in which outcomes are looked for: fine ones of the last day, then whole days. */
const SEARCHES = [
  { from: DAY_MS, stepMs: HOUR_MS },
  { from: REACH_DAYS * DAY_MS, stepMs: DAY_MS },
] as const

/** A project, and the scope whose outcomes are read. */
export interface OutcomeTarget {
  readonly project: string
  /** Scope of the key that asks; undefined for the whole project. */
  readonly within: string | undefined
}

/**
 * Returns the start of the hour, or of the day if that is not today, of the last outcome of each
 * metric. @param now epoch ms
 */
export async function lastOutcomes(
  events: Pick<EventStore, 'outcomes'>,
  { project, within }: OutcomeTarget,
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  for (const { from, stepMs } of SEARCHES) {
    const rows = await events.outcomes(project, {
      within,
      from: now - from,
      // Clocks of reporters may run ahead.
      to: now + DAY_MS,
      stepMs,
      limit: MAX_ROWS,
    })
    // Rows are in order of time, the latest first.
    for (const { metric, start } of rows) if (!found.has(metric)) found.set(metric, start)
  }
  return found
}
