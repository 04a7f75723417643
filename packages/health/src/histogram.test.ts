import { bucketMiddle as coreMiddle, histogramBucket } from '@flaghoist/core/internal'
import { expect, test } from 'vitest'
import { BUCKETS, bucketMiddle, bucketOfQuantile } from './histogram.ts'

test('buckets are those that SDKs report', () => {
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    expect(bucketMiddle(bucket)).toBe(coreMiddle(bucket))
    expect(histogramBucket(bucketMiddle(bucket))).toBe(bucket)
  }
  expect(histogramBucket(1e9)).toBe(BUCKETS - 1)
})

test('a quantile is the least bucket that a share of the units does not exceed', () => {
  expect(bucketOfQuantile([0, 5, 4, 1], 0.5)).toBe(1)
  expect(bucketOfQuantile([0, 5, 4, 1], 0.9)).toBe(2)
  expect(bucketOfQuantile([0, 5, 4, 1], 0.99)).toBe(3)
  expect(bucketOfQuantile([0, 0], 0.5)).toBe(0)
})
