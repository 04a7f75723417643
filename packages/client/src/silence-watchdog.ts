import type { Platform } from './platform.ts'

/** Notices silence. */
export interface SilenceWatchdog {
  /** Calls back once, when nothing was heard for `limitMs` from now on; ends the watch before. */
  start(limitMs: number, onSilence: () => void): void
  /** Something was heard. */
  touch(): void
  stop(): void
}

/**
 * Made for streams that are touched often: a touch only notes the time, and the timer looks at it when it fires. One that
 * fires far too late means that the machine slept or was busy, and what was sent meanwhile may still be unread: then
 * another period is granted.
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
