import { expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { emptyTally, evidenceOfHarm, evidenceSeries, fold } from '../src/index.ts'
import { allocationSeries, arms, ERROR, METRICS, steadyMinutes } from './counts.ts'

test('the evidence of harm, minute by minute, ends with that of all minutes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...METRICS), allocationSeries, (metric, allocations) => {
      const series = evidenceSeries(metric, allocations, [])
      const whole = evidenceOfHarm(fold(emptyTally(metric), allocations))
      // Without a minute there is no point, and no evidence.
      expect(series.at(-1)?.log10 ?? 0).toBeCloseTo(whole, 9)
    }),
    { numRuns: 50 },
  )
})

test('the evidence of harm grows while the new path fails more often', () => {
  const failing = steadyMinutes(4, { exposed: arms(50, 50), arrived: arms(6, 1) })
  const finished = [{ revision: 1, share: 0.5, minutes: failing.slice(0, 2) }]
  const recent = [{ revision: 1, share: 0.5, minutes: failing.slice(2) }]
  const series = evidenceSeries(ERROR, finished, recent)
  expect(series.map(({ minute }) => minute)).toEqual(failing.map(({ minute }) => minute))
  const logs = series.map(({ log10 }) => log10)
  expect(logs).toEqual(logs.toSorted((a, b) => a - b))
  expect(logs.at(-1)).toBeGreaterThan(1)
  expect(series.at(-1)!.rates).toEqual({ treatment: 0.12, control: 0.02 })
})
