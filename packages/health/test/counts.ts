import { fc } from '../../../test-support/fast-check.ts'
import type { AllocationCounts, Arms, Histogram, Metric, MinuteCounts } from '../src/index.ts'

export const MINUTE_MS = 60_000
export const ERROR: Metric = { key: 'error', kind: 'failure', role: 'guardrail' }
export const ALIVE: Metric = { key: 'alive', kind: 'absence', role: 'guardrail' }
export const SALE: Metric = { key: 'checkout-completed', kind: 'conversion', role: 'guardrail' }
export const LATENCY: Metric = { key: 'latency', kind: 'measurement', role: 'guardrail' }
export const METRICS = [
  ERROR,
  ALIVE,
  SALE,
  LATENCY,
  { ...ERROR, margin: 0.2, limit: { share: 0.1 } },
  { ...SALE, margin: 0.1, limit: { share: 0.99 } },
  { ...LATENCY, margin: 0.2, direction: 'less', limit: { share: 0.1, bucket: 20 } },
  { key: 'kept-off', kind: 'kept-off', role: 'guardrail', limit: { share: 0.1 } },
] as const satisfies readonly Metric[]

export const arms = (treatment: number, control: number): Arms => ({ treatment, control })

/** Minutes with the same counts, the first of which starts at `from`, epoch ms. */
export function steadyMinutes(
  length: number,
  counts: Omit<MinuteCounts, 'minute'>,
  from = 0,
): MinuteCounts[] {
  return Array.from({ length }, (_, i) => ({ minute: from + i * MINUTE_MS, ...counts }))
}

const histograms: fc.Arbitrary<Histogram> = fc
  .uniqueArray(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 30 })), {
    selector: ([bucket]) => bucket,
    maxLength: 6,
  })
  .map((entries) => [...entries].sort(([a], [b]) => a - b))

const minutes: fc.Arbitrary<Omit<MinuteCounts, 'minute'>> = fc
  .record({
    exposed: fc.record({ control: fc.nat(60), treatment: fc.nat(60) }),
    failing: fc.record({ control: fc.nat(100), treatment: fc.nat(100) }),
    arrived: fc.record({ control: fc.nat(5), treatment: fc.nat(5) }),
    measured: fc.record({ control: histograms, treatment: histograms }),
  })
  .map(({ exposed, failing, arrived, measured }) => ({
    exposed,
    arrived,
    matured: arms(
      Math.round((exposed.treatment * failing.treatment) / 100),
      Math.round((exposed.control * failing.control) / 100),
    ),
    measured,
  }))

/** Allocations of any shares with consecutive minutes. */
export const allocationSeries: fc.Arbitrary<readonly AllocationCounts[]> = fc
  .array(
    fc.record({
      share: fc.constantFrom(0.01, 0.1, 0.25, 0.5, 0.9),
      counts: fc.array(minutes, { minLength: 1, maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((allocations) => {
    let minute = -MINUTE_MS
    return allocations.map(({ share, counts }, revision) => ({
      revision,
      share,
      minutes: counts.map((count) => {
        minute += MINUTE_MS
        return { minute, ...count }
      }),
    }))
  })

/** Splits a series before one of its minutes. */
export function splitAt(
  allocations: readonly AllocationCounts[],
  minute: number,
): readonly [readonly AllocationCounts[], readonly AllocationCounts[]] {
  const part = (is: (at: number) => boolean) =>
    allocations
      .map((allocation) => ({
        ...allocation,
        minutes: allocation.minutes.filter((one) => is(one.minute)),
      }))
      .filter((allocation) => allocation.minutes.length > 0)
  return [part((at) => at < minute), part((at) => at >= minute)]
}
