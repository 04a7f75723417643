import type { Resolution } from '@flaghoist/core/internal'
import type { Platform } from './platform.ts'

/** Calls that served one resolution to one instance in one minute. */
export interface CallCount {
  readonly resolution: Resolution
  readonly instance: string | undefined
  /** Start of the minute, epoch ms. */
  minute: number
  calls: number
}

/** Counts of the calls whose variant was not decided by chance, so that they need no unit. */
export interface CallCounts {
  /** Counts one call. A repeat within a minute is an addition, and allocates nothing. */
  count(resolution: Resolution, instance: string | undefined): void
  /** Removes and returns all counts. */
  take(): readonly CallCount[]
}

const MINUTE_MS = 60_000

/** Returns the start of a minute, epoch ms. */
export function startOfMinute(now: number): number {
  return now - (now % MINUTE_MS)
}

/**
 * Creates the counts of calls. The latest count of a resolution is a member of the resolution, so
 * that a call finds it without a lookup.
 *
 * @param onFirst called at the first count after a `take`
 * @param onMinute called at the end of a minute: the counts must be taken then
 */
export function createCallCounts(
  platform: Platform,
  onFirst: () => void,
  onMinute: () => void,
): CallCounts {
  let counts: CallCount[] = []
  let timedMinute = 0
  const others = new Map<Resolution, Map<string | undefined, CallCount>>()

  /** Returns the count of an instance that is not the latest one of its resolution. */
  const countOf = (resolution: Resolution, instance: string | undefined): CallCount => {
    const known = others.get(resolution) ?? new Map<string | undefined, CallCount>()
    const count = known.get(instance) ?? { resolution, instance, minute: 0, calls: 0 }
    others.set(resolution, known.set(instance, count))
    resolution.recorded = count
    return count
  }
  const start = (count: CallCount) => {
    const now = platform.now()
    count.minute = startOfMinute(now)
    const isFirst = counts.push(count) === 1
    if (count.minute !== timedMinute) platform.schedule(count.minute + MINUTE_MS - now, onMinute)
    timedMinute = count.minute
    if (isFirst) onFirst()
  }

  return {
    count(resolution, instance) {
      let count = resolution.recorded as CallCount | undefined
      if (!count || count.instance !== instance) count = countOf(resolution, instance)
      if (count.calls === 0) start(count)
      count.calls += 1
    },
    take() {
      const taken = counts.map((count) => ({ ...count }))
      for (const count of counts) count.calls = 0
      counts = []
      others.clear()
      return taken
    },
  }
}
