const FIRST_MS = 1_000
const MAX_MS = 60_000

/** Waiting times between attempts: 1 s at first, doubling up to a minute, less up to half of it. */
export interface Backoff {
  /** Returns the time to wait before the next attempt, in ms. */
  next(): number
  /** Starts over after a success. */
  reset(): void
}

/** @param random number from 0 to 1: keeps several senders from retrying in step */
export function createBackoff(random: () => number = Math.random): Backoff {
  let ms = FIRST_MS
  return {
    next() {
      const wait = ms * (0.5 + random() / 2)
      ms = Math.min(2 * ms, MAX_MS)
      return wait
    },
    reset() {
      ms = FIRST_MS
    },
  }
}
