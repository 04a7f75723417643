import { bucketMiddle } from '@flaghoist/core'

/** [bucket, units], by bucket. */
export type Histogram = readonly (readonly [bucket: number, units: number])[]

/**
 * The value that a share of the units is at most, to 5 %: the middle of its bucket. Undefined where
 * there are none.
 */
export function quantile(histogram: Histogram, share: number): number | undefined {
  const rank = share * histogram.reduce((sum, [, units]) => sum + units, 0)
  let passed = 0
  for (const [bucket, units] of histogram) {
    passed += units
    if (passed >= rank) return bucketMiddle(bucket)
  }
  return undefined
}
