import type { Platform } from './platform.ts'

/** A timer that fires after some time of silence. */
export interface SilenceWatchdog {
  /** Calls back once after `limitMs` of silence. Replaces the previous watch. */
  start(limitMs: number, onSilence: () => void): void
  /** Records that something was received. */
  touch(): void
  stop(): void
}

/** A timer that fires this much too late ran in a process that was stopped or busy. */
const LATE_MS = 1_000
/** Time to read the received data. */
const GRACE_MS = 2_000

/**
 * Creates a watchdog for streams that are touched often: a touch only notes the time, which the
 * timer reads when it fires. A late timer is forgiven once per silence, because received data may
 * still be unread.
 */
export function createSilenceWatchdog({
  elapsed,
  schedule,
}: Pick<Platform, 'elapsed' | 'schedule'>): SilenceWatchdog {
  let cancel = () => {}
  let touchedAt = 0
  /** Start of the silence whose late timer was forgiven. */
  let forgiven: number | undefined

  const start = (limitMs: number, onSilence: () => void) => {
    const wait = (ms: number) => {
      const dueAt = elapsed() + ms
      cancel = schedule(ms, () => {
        const now = elapsed()
        const left = touchedAt + limitMs - now
        if (left > 0) return wait(left)
        if (now - dueAt < LATE_MS || forgiven === touchedAt) return onSilence()
        forgiven = touchedAt
        wait(GRACE_MS)
      })
    }
    cancel()
    touchedAt = elapsed()
    wait(limitMs)
  }

  return {
    start,
    touch: () => {
      touchedAt = elapsed()
    },
    stop: () => cancel(),
  }
}
