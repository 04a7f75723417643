import type { Histogram } from './counts.ts'

/** Number of histogram buckets of a measurement, as SDKs report them. */
export const BUCKETS = 128
/** Buckets per doubling of the value; each is 9 % wide. */
export const BUCKETS_PER_DOUBLING = 8

/** Returns the geometric middle of a bucket, at most 4.5 % from each value in it. */
export function bucketMiddle(bucket: number): number {
  return 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING)
}

/** Returns the units in buckets beyond a bucket; all of them for -1. */
export function unitsAbove(histogram: Histogram, bucket: number): number {
  let units = 0
  for (const [at, count] of histogram) if (at > bucket) units += count
  return units
}

/** Adds a sparse histogram to the units of all buckets, in place. */
export function addHistogram(total: number[], histogram: Histogram): void {
  for (const [bucket, units] of histogram) total[bucket]! += units
}

/**
 * Returns the least bucket that a share of the units does not exceed; 0 without units.
 *
 * @param units by bucket, all 128 of them
 */
export function bucketOfQuantile(units: readonly number[], share: number): number {
  const rank = share * units.reduce((sum, count) => sum + count, 0)
  let passed = 0
  for (const [bucket, count] of units.entries()) {
    passed += count
    if (passed >= rank && passed > 0) return bucket
  }
  return 0
}
