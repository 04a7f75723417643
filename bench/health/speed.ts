import {
  type AllocationCounts,
  emptyTally,
  fold,
  type Histogram,
  judgeScope,
  type Metric,
  type MinuteCounts,
} from '@flaghoist/health'
import { type Random, randomOf } from '../../test-support/random.ts'
import { median } from '../evaluate/measure.ts'

const MINUTE_MS = 60_000
const DAY = 1_440
/** Minutes whose outcomes have not matured. */
const RECENT = 12

const METRICS: readonly Metric[] = [
  { key: 'error', kind: 'failure', role: 'guardrail', limit: { share: 0.2 } },
  { key: 'alive', kind: 'absence', role: 'guardrail' },
  { key: 'latency', kind: 'measurement', role: 'guardrail' },
]

/** Times of one scope with a day of minutes, in ms. */
export interface Speed {
  /** A verdict on three metrics, with finished minutes folded: every tick of a server. */
  readonly verdictMs: number
  /** One finished minute of the three metrics: every minute. */
  readonly minuteMs: number
  /** The day from its minutes, by metric: after a restart. */
  readonly recountMs: ReadonlyMap<string, number>
}

/** Measures verdicts on a scope with 100 users a minute and a day of minutes. */
export function measureSpeed(rounds: number): Speed {
  const random = randomOf(1)
  const day = Array.from({ length: DAY }, (_, i) => minuteOf(i, random))
  const countsOf = (minutes: readonly MinuteCounts[]): readonly AllocationCounts[] => [
    { revision: 1, share: 0.5, minutes },
  ]
  const finished = countsOf(day.slice(0, -RECENT))
  const recent = countsOf(day.slice(-RECENT))
  const tallies = METRICS.map((metric) => fold(emptyTally(metric), finished))
  const metrics = tallies.map((tally) => ({ tally, recent, alpha: 0.001, delta: 0.01 }))
  const subject = { scope: 'acme', flag: 'new-checkout' }
  const next = countsOf(day.slice(-RECENT, 1 - RECENT))
  return {
    verdictMs: time(rounds, () => judgeScope({ subject, metrics })),
    minuteMs: time(rounds, () => tallies.map((tally) => fold(tally, next))),
    recountMs: new Map(
      METRICS.map((metric) => [
        metric.key,
        time(Math.ceil(rounds / 20), () => fold(emptyTally(metric), finished)),
      ]),
    ),
  }
}

function time(rounds: number, work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return median(times)
}

function minuteOf(i: number, random: Random): MinuteCounts {
  const treatment = random.binomial(100, 0.5)
  const exposed = { treatment, control: 100 - treatment }
  const alive = {
    treatment: random.binomial(treatment, 0.98),
    control: random.binomial(exposed.control, 0.98),
  }
  const failed = {
    treatment: random.binomial(treatment, 0.02),
    control: random.binomial(exposed.control, 0.02),
  }
  return {
    minute: i * MINUTE_MS,
    exposed,
    arrived: failed,
    matured: alive,
    measured: {
      treatment: histogramOf(treatment, random),
      control: histogramOf(exposed.control, random),
    },
  }
}

function histogramOf(units: number, random: Random): Histogram {
  const counts = new Map<number, number>()
  for (let unit = 0; unit < units; unit += 1) {
    const bucket = Math.round(Math.min(127, Math.max(0, 60 + 6 * random.normal())))
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => a - b)
}
