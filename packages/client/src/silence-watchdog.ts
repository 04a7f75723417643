import type { Platform } from './platform.ts'

/** A timer that fires after some time without a byte. */
export interface SilenceWatchdog {
  /** Calls back once after `limitMs` of silence. Replaces the previous watch. */
  start(limitMs: number, onSilence: () => void): void
  /** Records that something was received. */
  touch(): void
  stop(): void
}

/**
 * Creates a watchdog for streams that are touched often: a touch only notes the time, which the
 * timer reads when it fires. A timer that fires far too late means that the machine slept or was
 * busy, and received data may still be unread: it grants another period.
 */
export function createSilenceWatchdog({
  elapsed,
  schedule,
}: Pick<Platform, 'elapsed' | 'schedule'>): SilenceWatchdog {
  let cancel = () => {}
  let touchedAt = 0

  const start = (limitMs: number, onSilence: () => void) => {
    const wait = (ms: number) => {
      const dueAt = elapsed() + ms
      cancel = schedule(ms, () => {
        const now = elapsed()
        const left = touchedAt + limitMs - now
        if (left > 0) return wait(left)
        if (now - dueAt > limitMs / 2) return wait(limitMs)
        onSilence()
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
