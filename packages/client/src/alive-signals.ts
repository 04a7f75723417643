import type { Exposure } from './exposure.ts'
import type { Platform } from './platform.ts'

/** A unit that is still there this long after its exposure has not crashed because of it. */
const ALIVE_AFTER_MS = 15_000
/** Units first exposed within this window are reported alive in one batch. */
const GROUP_MS = 1_000

/**
 * Returns a function that calls `onAlive` some seconds after an exposure, with one timer per
 * second.
 */
export function createAliveSignals(
  platform: Platform,
  onAlive: (exposure: Exposure) => void,
): (exposure: Exposure) => void {
  let group: Exposure[] = []
  let groupEndsAt = 0

  return (exposure) => {
    const now = platform.elapsed()
    if (now >= groupEndsAt) {
      groupEndsAt = now + GROUP_MS
      const exposures: Exposure[] = []
      group = exposures
      platform.schedule(ALIVE_AFTER_MS + GROUP_MS, () => exposures.forEach(onAlive))
    }
    group.push(exposure)
  }
}
