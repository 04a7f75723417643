const MAX_HISTOGRAM_BUCKET = 127

/**
 * Returns the histogram bucket of a measurement: 0 to 127, eight buckets per doubling, each 9 %
 * wide, from 1 to 60,000.
 *
 * @param value a measurement such as milliseconds; values below 1 and NaN count in bucket 0, large
 * values in 127
 */
export function histogramBucket(value: number): number {
  return Math.min(MAX_HISTOGRAM_BUCKET, Math.max(0, 8 * Math.log2(value))) | 0
}

/** The geometric middle of a histogram bucket: at most 4.5 % from each value in the bucket. */
export function bucketMiddle(bucket: number): number {
  return 2 ** ((bucket + 0.5) / 8)
}
