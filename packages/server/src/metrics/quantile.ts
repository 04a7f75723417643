import { bucketMiddle } from '@flaghoist/core/internal'
import type { Histogram } from '../stores/histogram.ts'

/**
 * Returns the least value that a share of the units does not exceed, to 5 %: the middle of its
 * bucket. Returns undefined for an empty histogram.
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
