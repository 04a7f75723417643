import type { Exposure } from './exposure.ts'
import type { Platform } from './platform.ts'

/** A unit that is still there this long after its exposure has not crashed because of it. */
const ALIVE_AFTER_MS = 15_000
/** Units first exposed within this window are reported alive in one batch. */
const GROUP_MS = 1_000

/** Signals of units that have not crashed. */
export interface AliveSignals {
  /** Signals a unit some seconds after its exposure. */
  awaitSignal(exposure: Exposure): void
  /** Signals all units that wait; they are signalled once more when their time comes. */
  signalAll(): void
}

/** Creates signals with one timer per second. */
export function createAliveSignals(
  platform: Platform,
  onAlive: (exposure: Exposure) => void,
): AliveSignals {
  const groups: Exposure[][] = []
  let groupEndsAt = 0

  return {
    awaitSignal(exposure) {
      const now = platform.elapsed()
      if (now >= groupEndsAt) {
        groupEndsAt = now + GROUP_MS
        groups.push([])
        platform.schedule(ALIVE_AFTER_MS + GROUP_MS, () => groups.shift()!.forEach(onAlive))
      }
      groups.at(-1)!.push(exposure)
    },
    signalAll: () => groups.flat().forEach(onAlive),
  }
}
