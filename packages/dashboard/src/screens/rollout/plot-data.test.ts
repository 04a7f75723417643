import { describe, expect, test } from 'vitest'
import { type MetricHealth, plotPoints, sampled } from './plot-data.ts'

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

  test('have the evidence as a part of what rolls back', () => {
    expect(plotPoints(health).map(({ evidence }) => evidence)).toEqual([0, 25, 50])
  })

  test('are sampled with both ends', () => {
    expect(sampled([0, 1, 2, 3, 4, 5, 6, 7, 8], 5)).toEqual([0, 2, 4, 6, 8])
    expect(sampled([1, 2], 5)).toEqual([1, 2])
  })
})
