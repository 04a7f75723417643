import type { Resolution } from '@flaghoist/core/internal'
import type { ExposureItem, OutcomeItem } from './exposure.ts'
import type { Platform } from './platform.ts'

/** Exposures and outcomes, added up by minute. */
export interface MinuteCounts {
  /** Returns the current item of a variant, and counts one addition to it. */
  exposureItem(resolution: Resolution, instance: string | undefined): ExposureItem
  /** Returns the current item of a metric, and counts one addition to it. */
  outcomeItem(
    resolution: Resolution,
    instance: string | undefined,
    metric: string,
    isMeasured: boolean,
  ): OutcomeItem
  /** Returns the number of additions since the latest drain. */
  size(): number
  /** Returns the number of additions ever. */
  total(): number
  /** Removes and returns all items. */
  drain(): readonly [exposures: readonly ExposureItem[], outcomes: readonly OutcomeItem[]]
}

const MINUTE_MS = 60_000

export function createMinuteCounts(platform: Platform): MinuteCounts {
  let exposures = new Map<string, ExposureItem>()
  let outcomes = new Map<string, OutcomeItem>()
  let size = 0
  let total = 0

  const itemOf = <T>(
    items: Map<string, T>,
    { id, parts: { flag, revision }, variant, flagMetadata: { arm } }: Resolution,
    instance: string | undefined,
    more: { readonly metric?: string } & Partial<T>,
  ): T => {
    const now = platform.now()
    const minute = now - (now % MINUTE_MS)
    const name = [minute, id, instance, more.metric, 'buckets' in more].join()
    let item = items.get(name)
    if (item === undefined) {
      item = { flag, variant, revision, minute, instance, arm, ...more } as T
      items.set(name, item)
    }
    size += 1
    total += 1
    return item
  }

  return {
    exposureItem: (resolution, instance) =>
      itemOf<ExposureItem>(exposures, resolution, instance, {
        reason: resolution.reason,
        count: 0,
      }),
    outcomeItem: (resolution, instance, metric, isMeasured) =>
      itemOf<OutcomeItem>(outcomes, resolution, instance, {
        metric,
        units: [],
        ...(isMeasured && { buckets: [] }),
      }),
    size: () => size,
    total: () => total,
    drain() {
      const drained = [[...exposures.values()], [...outcomes.values()]] as const
      exposures = new Map()
      outcomes = new Map()
      size = 0
      return drained
    },
  }
}
