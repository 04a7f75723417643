import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Interval over which the event loop is observed, ms. */
const INTERVAL_MS = 10
/** Number of intervals after which the wait ends without a lull. */
const MAX_INTERVALS = 10
/** Share of an interval that the event loop may work in a lull. */
const MAX_WORK = 0.5

/** Waits until the event loop has little to do, at most 100 ms. */
export async function waitForLull(): Promise<void> {
  for (let i = 0; i < MAX_INTERVALS; i += 1) {
    const before = performance.eventLoopUtilization()
    await sleep(INTERVAL_MS)
    if (performance.eventLoopUtilization(before).utilization < MAX_WORK) return
  }
}
