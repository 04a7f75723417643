import { MINUTE_MS } from '../../time.ts'

/** Chat services accept about one message per second. */
const GAP_MS = 1_000

/** The rate of messages to one receiver. */
export interface Pace {
  /** Returns the time until the next message may leave, ms. */
  waitMs(perMinute: number): number
  /** Returns how many messages may leave within the rate: an integer. */
  allowed(perMinute: number): number
  /** Counts a message. */
  count(): void
}

/** Allows a burst of a minute's messages, with a gap between two of them. */
export function createPace(elapsed: () => number): Pace {
  let used = 0
  let refilledAt = elapsed()
  let sentAt = Number.NEGATIVE_INFINITY

  const refill = (perMinute: number) => {
    const now = elapsed()
    used = Math.max(0, used - ((now - refilledAt) * perMinute) / MINUTE_MS)
    refilledAt = now
  }
  return {
    waitMs(perMinute) {
      refill(perMinute)
      const excess = Math.max(0, used + 1 - perMinute)
      return Math.max(GAP_MS - (elapsed() - sentAt), (excess * MINUTE_MS) / perMinute, 0)
    },
    allowed(perMinute) {
      refill(perMinute)
      return Math.floor(perMinute - used)
    },
    count() {
      used += 1
      sentAt = elapsed()
    },
  }
}
