/** Lengths of time in ms. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** Returns the start of the minute that an instant is in. Both in epoch ms. */
export const startOfMinute = (at: number): number => at - (at % MINUTE_MS)

/**
 * The clocks of a process. Instants come from the wall clock, which may jump. Spans are measured by
 * the monotonic clock, so that no jump makes one last for a day, or ends it.
 */
export interface Clocks {
  /** Wall clock, epoch ms. */
  readonly now: () => number
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}
