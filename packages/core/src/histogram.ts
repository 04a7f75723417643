const MOST_BUCKET = 127

/**
 * The bucket that a measurement falls in: eight for each doubling, each 9 % wide, from 1 to 60,000.
 *
 * @param value such as milliseconds; what is less than 1, or no number, is in bucket 0, what is too much in 127
 */
export function histogramBucket(value: number): number {
  return Math.min(MOST_BUCKET, Math.max(0, 8 * Math.log2(value))) | 0
}

/** The middle of a bucket by ratio: at most 4.5 % from whatever is in it. */
export function bucketMiddle(bucket: number): number {
  return 2 ** ((bucket + 0.5) / 8)
}
