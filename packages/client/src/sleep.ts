import type { Platform } from './platform.ts'

/** Gain of the wall clock over the monotonic clock, between two readings, that means a sleep. */
const MIN_SLEEP_MS = 2_000
/** Time between two looks at the clock. */
const TICK_MS = 5_000
/** A look that comes this much too late follows a sleep. */
const GAP_MS = 15_000

/**
 * Returns a monotonic clock that goes on while the machine sleeps. On some platforms the given one
 * stops then, and only the wall clock shows how long. A wall clock that is set forward counts as a
 * sleep too, and one that is set back is ignored.
 */
export function createSleepClock({
  elapsed,
  now,
}: Pick<Platform, 'elapsed' | 'now'>): () => number {
  let lead = now() - elapsed()
  let sleptMs = 0
  return () => {
    const at = elapsed()
    const gained = now() - at - lead
    lead += gained
    if (gained > MIN_SLEEP_MS) sleptMs += gained
    return at + sleptMs
  }
}

/**
 * Calls back whenever the process or the machine has slept: frozen between two invocations of a
 * serverless function, a closed lid, a stopped virtual machine. Returns a function that ends the
 * watch.
 */
export function watchSleep(
  { elapsed, schedule }: Pick<Platform, 'elapsed' | 'schedule'>,
  onWake: () => void,
): () => void {
  let cancel = () => {}
  const wait = () => {
    const dueAt = elapsed() + TICK_MS
    cancel = schedule(TICK_MS, () => {
      const lateMs = elapsed() - dueAt
      wait()
      if (lateMs > GAP_MS) onWake()
    })
  }
  wait()
  return () => cancel()
}
