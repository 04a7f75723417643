const FIRST_MS = 1_000
const MAX_MS = 60_000

/** Waiting times between attempts: doubling up to a maximum, less up to half of it. */
export interface Backoff {
  /** Returns the time to wait before the next attempt, in ms. */
  next(): number
  /** Starts over after a success. */
  reset(): void
}

export interface BackoffOptions {
  /** First wait, ms. @default 1000 */
  readonly firstMs?: number
  /** Longest wait, ms. @default 60000 */
  readonly maxMs?: number
  /** Number from 0 to 1: keeps several processes from retrying in step. @default Math.random */
  readonly random?: () => number
}

export function createBackoff({
  firstMs = FIRST_MS,
  maxMs = MAX_MS,
  random = Math.random,
}: BackoffOptions = {}): Backoff {
  let ms = firstMs
  return {
    next() {
      const wait = ms * (0.5 + random() / 2)
      ms = Math.min(2 * ms, maxMs)
      return wait
    },
    reset() {
      ms = firstMs
    },
  }
}
