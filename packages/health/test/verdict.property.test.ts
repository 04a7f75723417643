import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import {
  type AllocationCounts,
  type Arms,
  emptyTally,
  evidenceOfHarm,
  fold,
  judgeMetric,
  judgeRecorded,
  judgeTogether,
  type MinuteCounts,
  recordCounts,
  type Tally,
} from '../src/index.ts'
import { allocationSeries, arms, ERROR, METRICS, MINUTE_MS, SALE, splitAt } from './counts.ts'

const TERMS = { subject: { scope: 'acme', flag: 'new-checkout' }, alpha: 0.01, delta: 0.03 }
const metrics = fc.constantFrom(...METRICS)
const cuts = fc.nat(40).map((minute) => minute * MINUTE_MS)

describe('a tally', () => {
  test('equals the recount, in whatever steps its minutes are folded', () => {
    fc.assert(
      fc.property(metrics, allocationSeries, cuts, cuts, (metric, allocations, first, second) => {
        const [begin, rest] = splitAt(allocations, Math.min(first, second))
        const [middle, end] = splitAt(rest, Math.max(first, second))

        const inSteps = [begin, middle, end].reduce(fold, emptyTally(metric))

        expect(inSteps).toEqual(fold(emptyTally(metric), allocations))
      }),
    )
  })

  test('is continued after a round trip through JSON', () => {
    fc.assert(
      fc.property(metrics, allocationSeries, cuts, (metric, allocations, cut) => {
        const [begin, end] = splitAt(allocations, cut)
        const stored = JSON.parse(JSON.stringify(fold(emptyTally(metric), begin))) as Tally

        expect(fold(stored, end)).toEqual(fold(emptyTally(metric), allocations))
      }),
    )
  })

  test('is left as it was by fold and by a judgement', () => {
    fc.assert(
      fc.property(metrics, allocationSeries, cuts, (metric, allocations, cut) => {
        const [begin, end] = splitAt(allocations, cut)
        const tally = fold(emptyTally(metric), begin)
        const before = structuredClone(tally)

        fold(tally, end)
        judgeMetric({ tally, recent: end }, TERMS)

        expect(tally).toEqual(before)
      }),
    )
  })
})

describe('a verdict', () => {
  test('is computed again from its recorded counts', () => {
    fc.assert(
      fc.property(metrics, allocationSeries, cuts, (metric, allocations, cut) => {
        const [finished, recent] = splitAt(allocations, cut)
        const tally = fold(emptyTally(metric), finished)
        const recorded = recordCounts(metric, finished, recent)
        const stored = JSON.parse(JSON.stringify(recorded)) as typeof recorded

        expect(judgeRecorded(stored, TERMS)).toEqual(judgeMetric({ tally, recent }, TERMS))
      }),
    )
  })

  test('is finite and has a sentence for any counts', () => {
    fc.assert(
      fc.property(metrics, allocationSeries, cuts, (metric, allocations, cut) => {
        const [finished, recent] = splitAt(allocations, cut)
        const verdict = judgeMetric({ tally: fold(emptyTally(metric), finished), recent }, TERMS)

        expect(verdict.comparison.log10).not.toBeNaN()
        expect(verdict.sentence).toMatch(/^acme: \w/)
        expect(verdict.sentence).not.toMatch(/NaN|Infinity|undefined|null/)
      }),
    )
  })

  test.for([
    ['a failure', ERROR, arms(1, 0), arms(0, 1)],
    ['a conversion', SALE, arms(0, 1), arms(1, 0)],
  ] as const)('has more evidence by %s more in the worse arm, less in the other', (row) => {
    const [, metric, worse, better] = row
    const last = { revision: 99, share: 0.5 }
    const minute = { minute: 1e9, exposed: arms(20, 20) }
    const evidence = (allocations: readonly AllocationCounts[], arrived: Arms) => {
      const minutes: MinuteCounts[] = [{ ...minute, arrived: add(arms(3, 3), arrived) }]
      const { process } = judgeMetric(
        { tally: fold(emptyTally(metric), allocations), recent: [{ ...last, minutes }] },
        TERMS,
      )
      return evidenceOfHarm({ ...emptyTally(metric), process })
    }
    fc.assert(
      fc.property(allocationSeries, (allocations) => {
        const base = evidence(allocations, arms(0, 0))

        expect(evidence(allocations, worse)).toBeGreaterThanOrEqual(base - 1e-9)
        expect(evidence(allocations, better)).toBeLessThanOrEqual(base + 1e-9)
      }),
    )
  })
})

test('the verdict on all scopes does not depend on their order', () => {
  fc.assert(
    fc.property(fc.array(allocationSeries, { minLength: 2, maxLength: 5 }), (scopes) => {
      const evidence = scopes.map((allocations, i) => ({
        scope: `scope-${i}`,
        process: fold(emptyTally(ERROR), allocations).process,
      }))
      const forwards = judgeTogether(ERROR, evidence, { alpha: 0.0025 })
      const backwards = judgeTogether(ERROR, [...evidence].reverse(), { alpha: 0.0025 })

      expect(backwards.comparison.log10).toBeCloseTo(forwards.comparison.log10, 6)
      expect(new Set(backwards.scopes)).toEqual(new Set(forwards.scopes))
    }),
  )
})

function add(a: Arms, b: Arms): Arms {
  return arms(a.treatment + b.treatment, a.control + b.control)
}
