import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { bucketOfIdentifier, histogramBucket } from '../../../core/src/internal.ts'
import { reportOf } from './users.ts'

const served = { flag: 'new-checkout', revision: 7 }

const users = fc.record({
  count: fc.integer({ min: 1, max: 1_000 }),
  share: fc.constantFrom(0.1, 0.5, 1),
  failing: fc.record({
    control: fc.double({ min: 0, max: 1, noNaN: true }),
    treatment: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  seed: fc.integer(),
})
const now = fc.integer({ min: 0, max: 2 ** 42 })

describe('the report of made-up users', () => {
  test('is the same each time', () => {
    fc.assert(
      fc.property(users, now, (some, at) => {
        expect(reportOf(some, served, at)).toEqual(reportOf(some, served, at))
      }),
      { numRuns: 20 },
    )
  })

  test('places each user in the arm that the server finds by the hash', () => {
    fc.assert(
      fc.property(users, now, (some, at) => {
        for (const { arm, units } of reportOf(some, served, at).exposures)
          for (const unit of units) {
            expect(unit).toMatch(/^[0-9a-f]{16}$/)
            expect(bucketOfIdentifier(unit) < some.share * 100_000).toBe(arm === 'treatment')
          }
      }),
      { numRuns: 50 },
    )
  })

  test('is of one minute, counts every user, and has outcomes of exposed users only', () => {
    fc.assert(
      fc.property(users, now, (some, at) => {
        const { exposures, outcomes } = reportOf(some, served, at)
        const exposed = new Map(exposures.map(({ arm, units }) => [arm, new Set(units)]))
        expect(exposures.reduce((sum, { count }) => sum + count, 0)).toBe(some.count)
        for (const { minute } of [...exposures, ...outcomes])
          expect(minute).toBe(at - (at % 60_000))
        for (const { arm, units } of outcomes)
          expect(units.every((unit) => exposed.get(arm)?.has(unit))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('measures pages of 180 to 720 ms', () => {
    const some = { count: 500, share: 0.5, failing: { control: 0, treatment: 0 }, seed: 1 }
    const measured = reportOf(some, served, 0).outcomes.flatMap((one) =>
      'buckets' in one ? one.buckets : [],
    )
    expect(Math.min(...measured)).toBeGreaterThanOrEqual(histogramBucket(180))
    expect(Math.max(...measured)).toBeLessThanOrEqual(histogramBucket(720))
  })
})
