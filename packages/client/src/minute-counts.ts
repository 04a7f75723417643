import type { Resolution } from '@flaghoist/core/internal'
import { type CallCount, createCallCounts, startOfMinute } from './call-counts.ts'
import type { ExposureItem, OutcomeItem } from './exposure.ts'
import type { Platform } from './platform.ts'

/** Exposures and outcomes, added up by minute. */
export interface MinuteCounts {
  /** Counts one call that served a resolution without a unit. */
  countCall(resolution: Resolution, instance: string | undefined): void
  /** Returns the current item of a variant whose units are counted, and counts one addition. */
  exposureItem(resolution: Resolution, instance: string | undefined): ExposureItem
  /** Returns the current item of a metric, and counts one addition to it. */
  outcomeItem(
    resolution: Resolution,
    instance: string | undefined,
    metric: string,
    isMeasured: boolean,
  ): OutcomeItem
  /** Returns the number of additions since the latest drain: units, and items without units. */
  size(): number
  /** Returns the number of additions ever. */
  tally(): number
  /** Removes and returns all items. */
  drain(): readonly [exposures: readonly ExposureItem[], outcomes: readonly OutcomeItem[]]
}

/**
 * @param onCalls called when there are new counts of calls
 * @param countsSplits returns false if the server is too old for rules of splits
 */
export function createMinuteCounts(
  platform: Platform,
  onCalls: () => void,
  countsSplits: () => boolean,
): MinuteCounts {
  let exposures = new Map<string, ExposureItem>()
  let outcomes = new Map<string, OutcomeItem>()
  let drained = 0
  let total = 0

  const itemOf = <T>(
    items: Map<string, T>,
    { resolution, instance, minute }: Omit<CallCount, 'calls'>,
    more: { readonly metric?: string; readonly buckets?: number[] | undefined } & Partial<T>,
  ): T => {
    const {
      id,
      parts: { flag, revision, unit },
      variant,
      flagMetadata: { arm, ruleId = '' },
    } = resolution
    // A server that is older refuses a report with a member that it does not know.
    const rule = unit && !arm && countsSplits() ? ruleId : undefined
    const name = [minute, id, rule, instance, more.metric, !more.buckets].join()
    const item =
      items.get(name) ?? ({ flag, revision, variant, minute, instance, arm, rule, ...more } as T)
    items.set(name, item)
    total += 1
    return item
  }
  const exposureOf = (count: Omit<CallCount, 'calls'>) =>
    itemOf<ExposureItem>(exposures, count, { reason: count.resolution.reason, count: 0 })
  const thisMinute = () => startOfMinute(platform.now())
  const fold = () => {
    for (const count of calls.take()) exposureOf(count).count += count.calls
  }
  const calls = createCallCounts(platform, onCalls, fold)

  return {
    countCall: calls.count,
    exposureItem: (resolution, instance) =>
      exposureOf({ resolution, instance, minute: thisMinute() }),
    outcomeItem: (resolution, instance, metric, isMeasured) =>
      itemOf<OutcomeItem>(
        outcomes,
        { resolution, instance, minute: thisMinute() },
        { metric, units: [], buckets: isMeasured ? [] : undefined },
      ),
    size: () => total - drained,
    tally() {
      fold()
      return total
    },
    drain() {
      fold()
      const items = [[...exposures.values()], [...outcomes.values()]] as const
      exposures = new Map()
      outcomes = new Map()
      drained = total
      return items
    },
  }
}
