/** A quick form of `npm run bench -- health`, and the coverage of confidence sequences. */
import { describe, expect, test } from 'vitest'
import { type Random, randomOf } from '../../../test-support/random.ts'
import {
  type AllocationCounts,
  compareArms,
  compareVariants,
  emptyTally,
  evidenceOfHarm,
  fold,
  type Histogram,
  judgeMetric,
  type Metric,
  type MinuteCounts,
  type VariantMinute,
} from '../src/index.ts'
import { arms, ERROR, LATENCY, MINUTE_MS, SALE } from './counts.ts'

const ROLLOUTS = 300
const LOOKS = 100
const BATCH = 60

interface Harm {
  readonly control: number
  readonly treatment: number
}

function batchOf(random: Random, look: number, share: number, rates: Harm): MinuteCounts {
  const treatment = random.binomial(BATCH, share)
  const exposed = arms(treatment, BATCH - treatment)
  const arrived = arms(
    random.binomial(exposed.treatment, rates.treatment),
    random.binomial(exposed.control, rates.control),
  )
  return { minute: look * MINUTE_MS, exposed, arrived, matured: arrived }
}

function measuredBatch(random: Random, look: number, share: number, rates: Harm): MinuteCounts {
  const batch = batchOf(random, look, share, rates)
  const measured = {
    treatment: histogramOf(random, batch.exposed.treatment, rates.treatment),
    control: histogramOf(random, batch.exposed.control, rates.control),
  }
  return { ...batch, measured }
}

/** Log-normal times with heavy tails, the slower the larger the rate. */
function histogramOf(random: Random, units: number, rate: number): Histogram {
  const counts = new Map<number, number>()
  for (let unit = 0; unit < units; unit += 1) {
    const bucket = Math.round(Math.min(127, Math.max(0, 50 + 8 * random.normal() + 40 * rate)))
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => a - b)
}

/**
 * Returns for each rollout whether its evidence passed 100 to 1.
 *
 * @param lag looks by which the control's reports arrive later
 */
function rollbacks(
  metric: Metric,
  { share, lag }: { readonly share: number; readonly lag: number },
  rates: Harm,
): readonly boolean[] {
  const minuteOf = metric.kind === 'measurement' ? measuredBatch : batchOf
  return Array.from({ length: ROLLOUTS }, (_, seed) => {
    const random = randomOf(seed * 31 + 7)
    const batches = Array.from({ length: LOOKS }, (_, look) => minuteOf(random, look, share, rates))
    let tally = emptyTally(metric)
    return batches.some((batch, look) => {
      const minutes = [lag === 0 ? batch : withLateControl(batch, batches[look - lag])]
      tally = fold(tally, [{ revision: 1, share, minutes }])
      return evidenceOfHarm(tally, 0) >= 2
    })
  })
}

function withLateControl(batch: MinuteCounts, late: MinuteCounts | undefined): MinuteCounts {
  return {
    ...batch,
    exposed: arms(batch.exposed.treatment, late?.exposed.control ?? 0),
    arrived: arms(batch.arrived!.treatment, late?.arrived?.control ?? 0),
  }
}

describe('rollouts that are looked at after every batch', () => {
  test.for([
    { name: 'failures at a tenth', metric: ERROR, share: 0.1, rate: 0.02 },
    { name: 'failures at half', metric: ERROR, share: 0.5, rate: 0.02 },
    {
      name: 'failures, with a control that reports late',
      metric: ERROR,
      share: 0.2,
      rate: 0.05,
      lag: 4,
    },
    { name: 'conversions', metric: SALE, share: 0.5, rate: 0.2 },
    { name: 'latencies', metric: LATENCY, share: 0.5, rate: 0.1 },
  ])('roll back at most 1 % of the healthy ones: $name', ({ metric, share, rate, lag = 0 }) => {
    const found = rollbacks(metric, { share, lag }, { control: rate, treatment: rate })

    expect(found.filter((is) => is).length / ROLLOUTS).toBeLessThanOrEqual(0.01)
  })

  test.for([
    { name: 'failures', metric: ERROR, control: 0.02, treatment: 0.1 },
    { name: 'conversions', metric: SALE, control: 0.3, treatment: 0.15 },
    { name: 'latencies', metric: LATENCY, control: 0, treatment: 0.15 },
  ])('roll back at least 99 % of the harmful ones: $name', ({ metric, control, treatment }) => {
    const found = rollbacks(metric, { share: 0.5, lag: 0 }, { control, treatment })

    expect(found.filter((is) => is).length / ROLLOUTS).toBeGreaterThanOrEqual(0.99)
  })
})

describe('bounds that are read after every batch', () => {
  const judge = (seed: number, rates: Harm) => {
    const random = randomOf(seed * 17 + 5)
    const minutes = Array.from({ length: 40 }, (_, look) => batchOf(random, look, 0.3, rates))
    const part = (from: number, to: number): readonly AllocationCounts[] => [
      { revision: 1, share: 0.3, minutes: minutes.slice(from, to) },
    ]
    const terms = { subject: { scope: 'a', flag: 'f' }, alpha: 0.01, delta: 0.01 }
    let tally = emptyTally(ERROR)
    return minutes.map((_, look) => {
      if (look >= 10) tally = fold(tally, part(look - 10, look - 9))
      return judgeMetric({ tally, recent: part(Math.max(0, look - 9), look + 1) }, terms)
    })
  }

  test('miss the true difference in few rollouts', () => {
    const rates = { control: 0.05, treatment: 0.09 }
    const truth = rates.treatment - rates.control
    const verdicts = Array.from({ length: 150 }, (_, seed) => judge(seed, rates))
    const part = (misses: (verdict: (typeof verdicts)[0][0]) => boolean) =>
      verdicts.filter((looks) => looks.some(misses)).length / verdicts.length

    expect(part(({ atLeast }) => atLeast !== undefined && atLeast > truth)).toBeLessThanOrEqual(
      0.01,
    )
    expect(part(({ ruledOut }) => ruledOut !== undefined && ruledOut <= truth)).toBeLessThan(0.05)
  })
})

describe('effects of splits', () => {
  const REPEATS = 100
  const minutesOf = (random: Random, rate: number, looks: number): VariantMinute[] =>
    Array.from({ length: looks }, (_, look) => ({
      minute: look * MINUTE_MS,
      exposed: BATCH,
      matured: random.binomial(BATCH, rate),
      measured: histogramOf(random, BATCH, rate),
    }))
  const effectsOf = (kind: 'rate' | 'measurement', rates: readonly number[], looks = 40) =>
    Array.from({ length: REPEATS }, (_, seed) => {
      const random = randomOf(seed * 13 + 11)
      const variants = rates.map((rate, i) => ({
        variant: `v${i}`,
        minutes: minutesOf(random, rate, looks),
      }))
      return compareVariants(variants, kind)
    })

  test.for([
    ['rate', [0.02, 0.05], 0.03],
    ['rate', [0.3, 0.35], 0.05],
    ['rate', [0.8, 0.7], -0.1],
    ['rate', [0.1, 0.1], 0],
    ['measurement', [0.1, 0.1], 1],
    ['measurement', [0.1, 0.3], 2],
  ] as const)('are inside their interval at every time: %s %j', ([kind, rates, truth]) => {
    const missed = effectsOf(kind, rates).filter(([effect]) =>
      effect!.series.some(
        ({ low = -Infinity, high = Infinity }) => truth < low - 1e-9 || truth > high + 1e-9,
      ),
    )

    expect(missed.length / REPEATS).toBeLessThanOrEqual(0.05)
  })

  test('all are inside their intervals at once with more than two variants', () => {
    const missed = effectsOf('rate', [0.1, 0.1, 0.1, 0.1]).filter((effects) =>
      effects.some(({ series }) =>
        series.some(({ low = -1, high = 1 }) => low > 1e-9 || high < -1e-9),
      ),
    )

    expect(missed.length / REPEATS).toBeLessThanOrEqual(0.05)
  })

  test('have intervals that are narrow enough to use, and never widen', () => {
    const [effect] = compareVariants(
      [
        { variant: 'old', minutes: minutesOf(randomOf(1), 0.1, 400) },
        { variant: 'new', minutes: minutesOf(randomOf(2), 0.2, 400) },
      ],
      'rate',
    )
    const { low = -1, high = 1 } = effect!.interval
    const widths = effect!.series.map((point) => (point.high ?? 1) - (point.low ?? -1))

    expect(effect).toMatchObject({ baseline: 'old', variant: 'new', scale: 'difference' })
    expect(low).toBeGreaterThan(0.08)
    expect(high).toBeLessThan(0.12)
    expect(widths).toEqual([...widths].sort((a, b) => b - a))
  })

  test('of no unit are unknown', () => {
    const none = { variant: 'a', minutes: [] as const }
    const expected = { interval: {}, series: [] }

    expect(compareVariants([none, { ...none, variant: 'b' }], 'rate')).toMatchObject([expected])
    expect(compareVariants([none, { ...none, variant: 'b' }], 'measurement')).toMatchObject([
      expected,
    ])
    expect(compareVariants([], 'rate')).toEqual([])
  })
})

test('differences of baselines between stages are no differences of arms', () => {
  const stage = (revision: number, [treatment, control]: readonly number[], rate: number) => ({
    revision,
    share: treatment! / (treatment! + control!),
    minutes: Array.from({ length: 50 }, (_, i) => {
      const failed = arms(treatment! * rate, control! * rate)
      const minute = (revision * 50 + i) * MINUTE_MS
      return { minute, exposed: arms(treatment!, control!), arrived: failed, matured: failed }
    }),
  })
  const allocations = [stage(0, [100, 900], 0.01), stage(1, [500, 500], 0.2)]

  const { rates } = judgeMetric(
    { tally: fold(emptyTally(ERROR), allocations), recent: [] },
    { subject: { scope: 'a', flag: 'f' }, alpha: 0.01, delta: 0.01 },
  )
  const { interval, series } = compareArms(ERROR, allocations)

  expect(rates.treatment).toBeCloseTo(rates.control)
  expect(interval.low).toBeLessThan(0)
  expect(interval.high).toBeGreaterThan(0)
  expect(series.at(-1)?.minute).toBe(99 * MINUTE_MS)
})
