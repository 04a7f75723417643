import { describe, expect, test } from 'vitest'
import { axisShare, type MetricHealth, plotPoints, sampled } from './plot-data.ts'

const MINUTE = 60_000
const at = (i: number, control: number, treatment: number) => ({
  minute: i * MINUTE,
  log10: i,
  rates: { control, treatment },
})
const health = {
  evidence: {
    log10: 2,
    threshold: 4,
    series: [at(0, 0.01, 0.01), at(1, 0.01, 0.05), at(2, 0.01, 0.06)],
  },
  effect: { scale: 'difference', series: [{ minute: MINUTE, low: -0.02, high: 0.07 }] },
} as unknown as MetricHealth

describe('the points of a plot', () => {
  test('have the band around the share of the old variant once it is known', () => {
    expect(plotPoints(health).map(({ low, high }) => [low, high])).toEqual([
      [null, null],
      [0, 8],
      [0, 8],
    ])
  })

  test('have no band once the share has left it, since it assumes a constant one', () => {
    const series = [...health.evidence.series, at(3, 0.01, 0.09), at(4, 0.01, 0.07)]
    const drifting = { ...health, evidence: { ...health.evidence, series } } as MetricHealth
    expect(plotPoints(drifting).map(({ high, isDrifting }) => [high, isDrifting])).toEqual([
      [null, false],
      [8, false],
      [8, false],
      [null, true],
      [8, false],
    ])
  })

  test('keep the height of the lines beside the first users and their wide band', () => {
    const series = Array.from({ length: 1_000 }, (_, i) => at(i, 0.02, i < 10 ? 1 : 0.03))
    const effect = {
      scale: 'difference',
      series: [
        { minute: 0, low: -0.02, high: 0.9 },
        { minute: 100 * MINUTE, low: 0, high: 0.02 },
      ],
    }
    const days = { ...health, effect, evidence: { ...health.evidence, series } } as MetricHealth
    expect(axisShare(plotPoints(days))).toBeCloseTo(4.6)
    expect(axisShare(plotPoints(health))).toBeGreaterThan(8)
    expect(axisShare([])).toBe(1)
  })

  test('have the evidence as a part of what rolls back', () => {
    expect(plotPoints(health).map(({ evidence }) => evidence)).toEqual([0, 25, 50])
  })

  test('are sampled with both ends', () => {
    expect(sampled([0, 1, 2, 3, 4, 5, 6, 7, 8], 5)).toEqual([0, 2, 4, 6, 8])
    expect(sampled([1, 2], 5)).toEqual([1, 2])
  })
})
