/**
 * The independent check of every kernel: its expectation without harm, by enumeration of all
 * outcomes. An expectation of at most 1 is what makes a kernel valid, whatever its shape.
 */
import { describe, expect, test } from 'vitest'
import type { Histogram } from '../counts.ts'
import { logSumExp } from '../evidence-process.ts'
import type { Pair } from '../metric.ts'
import type { Trial } from '../trial.ts'
import { betOnBlock } from './block-bernoulli.ts'
import { logAgainstDifference } from './clearance.ts'
import { betOnEventShare, EVENT_SHARE_WEIGHTS, eventShare } from './event-share.ts'
import { logOverLimit } from './hard-limit.ts'
import { betOnHazards, betOnTails, LATENCY_WEIGHTS } from './latency.ts'
import { logAgainstRatio } from './ratio-clearance.ts'
import { logRatioMismatch } from './ratio-mismatch.ts'

/** Rounding of doubles. */
const EPSILON = 1e-9
const RATES = [0.001, 0.01, 0.05, 0.2, 0.5, 0.9] as const

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)
const binomial = (n: number, p: number, x: number): number =>
  choose(n, x) * p ** x * (1 - p) ** (n - x)
const upTo = (n: number): readonly number[] => Array.from({ length: n + 1 }, (_, i) => i)

const mixtureOf = (logs: readonly number[], weights: readonly number[]): number =>
  Math.exp(logSumExp(logs.map((log, j) => log + Math.log(weights[j]!))))

/** Sums over all outcomes of two binomial arms. */
function expectation([n1, n0]: Pair, [p1, p0]: Pair, evidence: (events: Pair) => number): number {
  let sum = 0
  for (const x1 of upTo(n1))
    for (const x0 of upTo(n0))
      sum += binomial(n1, p1, x1) * binomial(n0, p0, x0) * evidence([x1, x0])
  return sum
}

describe('event share', () => {
  const evidenceOf = (events: Pair, share: number, margin = 0) => {
    const logs = EVENT_SHARE_WEIGHTS.map(() => 0)
    betOnEventShare(logs, events, share, margin)
    return mixtureOf(logs, EVENT_SHARE_WEIGHTS)
  }

  test.for([0.05, 0.1, 0.25, 0.5, 0.9])(
    'expects at most 1 of random arms with the share %f',
    (r) => {
      for (const rate of RATES)
        for (const units of [1, 3, 8]) {
          let sum = 0
          for (const n1 of upTo(units)) {
            const n: Pair = [n1, units - n1]
            const share = eventShare(r, [0, 0], n)
            sum +=
              binomial(units, r, n1) * expectation(n, [rate, rate], (x) => evidenceOf(x, share))
          }
          expect(sum).toBeLessThanOrEqual(1 + EPSILON)
        }
    },
  )

  test('expects exactly 1 at the designed share, so that it wastes nothing', () => {
    let sum = 0
    for (const n1 of upTo(6)) {
      const part = expectation([n1, 6 - n1], [0.3, 0.3], (x) => evidenceOf(x, 0.25))
      sum += binomial(6, 0.25, n1) * part
    }
    expect(sum).toBeCloseTo(1, 9)
  })

  test.for(RATES)('expects at most 1 within its margin at the rate %f', (rate) => {
    const margin = 0.5
    const worse = Math.min(1, rate * (1 + margin))
    let sum = 0
    for (const n1 of upTo(6)) {
      const part = expectation([n1, 6 - n1], [worse, rate], (x) => evidenceOf(x, 0.3, margin))
      sum += binomial(6, 0.3, n1) * part
    }
    expect(sum).toBeLessThanOrEqual(1 + EPSILON)
  })

  test('takes the largest of the three shares', () => {
    expect(eventShare(0.5, [0, 0], [0, 0])).toBe(0.5)
    expect(eventShare(0.5, [90, 0], [90, 0])).toBeCloseTo(0.95)
    expect(eventShare(0.5, [0, 0], [90, 0])).toBeCloseTo(0.95)
    expect(eventShare(0.5, [0, 90], [0, 900])).toBe(0.5)
  })
})

describe('block Bernoulli', () => {
  const terms = { odds: [1.5, 3, 10], guess: { units: 20, rate: 0.1 }, offset: 0 }
  const weights = [1 / 3, 1 / 3, 1 / 3]

  test.for(RATES)('expects at most 1 at the rate %f, whatever came before', (rate) => {
    const pasts: readonly Trial[] = [
      { units: [0, 0], events: [0, 0] },
      { units: [40, 60], events: [30, 1] },
    ]
    for (const past of pasts)
      for (const units of [
        [1, 1],
        [2, 7],
        [8, 3],
      ] as const)
        for (const better of [1, 0.5]) {
          const sum = expectation(units, [rate * better, rate], (events) => {
            const logs = [0, 0, 0]
            betOnBlock(logs, { units, events }, past, terms)
            return mixtureOf(logs, weights)
          })
          expect(sum).toBeLessThanOrEqual(1 + EPSILON)
        }
  })
})

describe('clearance', () => {
  test.for([-0.2, -0.05, 0, 0.01, 0.05, 0.3])('expects at most 1 where %f is true', (delta) => {
    for (const rate of RATES)
      for (const excess of [0, 0.1]) {
        const worse = rate + delta + excess
        if (worse < 0 || worse > 1) continue
        for (const units of [
          [2, 2],
          [1, 6],
          [6, 2],
        ] as const) {
          const past: Trial = { units: [30, 50], events: [3, 9] }
          const without = logAgainstDifference([past], delta)
          const sum = expectation(units, [worse, rate], (events) =>
            Math.exp(logAgainstDifference([{ units, events }], delta)),
          )
          expect(sum).toBeLessThanOrEqual(1 + EPSILON)
          // The bets on a second block are conditional on the first one.
          const later = expectation(units, [worse, rate], (events) =>
            Math.exp(logAgainstDifference([past, { units, events }], delta)),
          )
          expect(later).toBeLessThanOrEqual(Math.exp(without) * (1 + EPSILON))
        }
      }
  })
})

describe('clearance of a ratio', () => {
  test.for([1.1, 1.5, 3])(
    'expects at most 1 where the ratio %f is true, or a larger one',
    (accepted) => {
      for (const rate of RATES)
        for (const larger of [1, 1.4]) {
          const worse = rate * accepted * larger
          if (worse > 1) continue
          for (const units of [
            [2, 2],
            [1, 6],
            [6, 2],
          ] as const) {
            const sum = expectation(units, [worse, rate], (events) =>
              Math.exp(logAgainstRatio([{ units, events }], accepted)),
            )
            expect(sum).toBeLessThanOrEqual(1 + EPSILON)
          }
        }
    },
  )
})

describe('hard limit', () => {
  test.for([0.01, 0.1, 0.5, 0.96])('expects at most 1 at the limit %f and below', (limit) => {
    for (const part of [1, 0.5]) {
      const rate = limit * part
      const sum = upTo(12).reduce(
        (total, x) => total + binomial(12, rate, x) * Math.exp(logOverLimit(x, 12, limit)),
        0,
      )
      expect(sum).toBeLessThanOrEqual(1 + EPSILON)
    }
  })
})

describe('ratio mismatch', () => {
  test.for([0.001, 0.1, 0.5, 0.95])('expects exactly 1 at the designed share %f', (share) => {
    const sum = upTo(30).reduce((total, n) => {
      const units = { treatment: n, control: 30 - n }
      return total + binomial(30, share, n) * Math.exp(logRatioMismatch([{ share, units }]))
    }, 0)
    expect(sum).toBeCloseTo(1, 8)
  })
})

describe('latency', () => {
  const MIXES = [
    [0.5, 0.5],
    [0.7, 0.2, 0.1],
    [0.25, 0.25, 0.25, 0.25],
  ] as const
  const histogramOf = (values: readonly number[]): Histogram =>
    [...new Set(values)]
      .sort((a, b) => a - b)
      .map((bucket) => [bucket, values.filter((value) => value === bucket).length])

  /** Sums over all samples of both arms from one distribution. */
  function expectedOf(
    mix: readonly number[],
    [n1, n0]: Pair,
    evidence: (suspect: Histogram, reference: Histogram) => number,
  ): number {
    const samples = (n: number): { values: number[]; p: number }[] =>
      n === 0
        ? [{ values: [], p: 1 }]
        : samples(n - 1).flatMap(({ values, p }) =>
            mix.map((q, bucket) => ({ values: [...values, bucket], p: p * q })),
          )
    let sum = 0
    for (const a of samples(n1))
      for (const b of samples(n0))
        sum += a.p * b.p * evidence(histogramOf(a.values), histogramOf(b.values))
    return sum
  }

  test.for(MIXES)('the logrank test expects at most 1 of equal distributions %j', (mix) => {
    for (const units of [
      [1, 1],
      [2, 3],
      [3, 1],
    ] as const) {
      const sum = expectedOf(mix, units, (suspect, reference) => {
        const logs = LATENCY_WEIGHTS.map(() => 0)
        betOnHazards(logs, suspect, reference)
        return mixtureOf(logs, LATENCY_WEIGHTS)
      })
      expect(sum).toBeLessThanOrEqual(1 + EPSILON)
    }
  })

  test.for(MIXES)('the tails expect at most 1 of equal distributions %j', (mix) => {
    const reference = Array.from({ length: 128 }, (_, bucket) => (bucket < 2 ? 20 : 0))
    const past = {
      reference,
      tails: [0, 1, 2].map(() => ({ units: [0, 0], events: [0, 0] }) as const),
    }
    for (const units of [
      [1, 1],
      [2, 3],
      [3, 1],
    ] as const) {
      const sum = expectedOf(mix, units, (suspect, control) => {
        const logs = LATENCY_WEIGHTS.map(() => 0)
        betOnTails(logs, [suspect, control], past)
        return mixtureOf(logs, LATENCY_WEIGHTS)
      })
      expect(sum).toBeLessThanOrEqual(1 + EPSILON)
    }
  })
})
