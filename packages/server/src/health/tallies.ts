import { type AllocationCounts, emptyTally, fold, type Metric, type Tally } from '@flaghoist/health'

/**
 * The folded minutes of each metric of an attempt. A minute is folded once, so that a verdict costs
 * the new minutes only. Losing them costs a recount.
 */
export interface Tallies {
  /** Folds the minutes that are not folded yet. @param finished all finished minutes */
  fold(metric: Metric, finished: readonly AllocationCounts[]): Tally
}

export function createTallies(): Tallies {
  const tallies = new Map<string, Tally>()
  return {
    fold(metric, finished) {
      const known = tallies.get(metric.key)
      const before = known && isSame(known.metric, metric) ? known : emptyTally(metric)
      const last = before.last ?? Number.NEGATIVE_INFINITY
      const added = finished
        .map((one) => ({ ...one, minutes: one.minutes.filter(({ minute }) => minute > last) }))
        .filter(({ minutes }) => minutes.length > 0)
      const tally = added.length === 0 ? before : fold(before, added)
      tallies.set(metric.key, tally)
      return tally
    },
  }
}

/** A metric whose margin or limit has changed is counted anew. */
function isSame(one: Metric, other: Metric): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
