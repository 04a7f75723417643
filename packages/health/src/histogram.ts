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
  for (let i = 0; i < histogram.length; i += 1)
    if (histogram[i]![0] > bucket) units += histogram[i]![1]
  return units
}

/** Returns the units of all buckets. */
export function sumOf(units: readonly number[]): number {
  let sum = 0
  for (let bucket = 0; bucket < units.length; bucket += 1) sum += units[bucket]!
  return sum
}

/** Adds a sparse histogram to the units of all buckets, in place. */
export function addHistogram(total: number[], histogram: Histogram): void {
  for (let i = 0; i < histogram.length; i += 1) total[histogram[i]![0]]! += histogram[i]![1]
}

/**
 * Returns the least bucket that a share of the units does not exceed; 0 without units.
 *
 * @param units by bucket, all 128 of them
 */
export function bucketOfQuantile(units: readonly number[], share: number): number {
  const rank = share * sumOf(units)
  let passed = 0
  for (let bucket = 0; bucket < units.length; bucket += 1) {
    passed += units[bucket]!
    if (passed >= rank && passed > 0) return bucket
  }
  return 0
}
