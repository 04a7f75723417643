import { histogramBucket } from '@flaghoist/core/internal'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { quantile } from './quantile.ts'

test('a quantile of what SDKs measure is right to 5 %', () => {
  const values = fc.array(fc.double({ min: 1, max: 50_000, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.9, 0.99), (measured, share) => {
      const sorted = measured.toSorted((a, b) => a - b)
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!
      const units = new Map<number, number>()
      for (const bucket of measured.map(histogramBucket))
        units.set(bucket, (units.get(bucket) ?? 0) + 1)
      const found = quantile(
        [...units].sort(([a], [b]) => a - b),
        share,
      )!
      expect(Math.abs(Math.log(found / exact))).toBeLessThan(Math.log(1.05))
    }),
  )
})

test('a quantile of nothing is unknown', () => {
  expect(quantile([], 0.5)).toBeUndefined()
})
