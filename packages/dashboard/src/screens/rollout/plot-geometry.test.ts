import { describe, expect, onTestFinished, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { setTimeZone } from '../../parts/time-zone.ts'
import type { PlotPoint } from './plot-data.ts'
import {
  areaPath,
  createScale,
  linePath,
  nearestPoint,
  shareMarks,
  timeMarks,
} from './plot-geometry.ts'

const MINUTE = 60_000
const point = (minute: number, low: number | null): PlotPoint => ({
  minute,
  low,
  high: 4,
  isDrifting: false,
  control: 1,
  treatment: 2,
  evidence: 0,
})
const scales = { x: createScale([0, 10], [0, 100]), y: createScale([0, 10], [100, 0]) }

describe('the marks of a plot', () => {
  test('of shares are round, apart, and cover the axis', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1_000, noNaN: true }),
        fc.integer({ min: 40, max: 400 }),
        (max, size) => {
          const marks = shareMarks(max, size)
          const step = marks[1] ?? max
          expect(marks[0]).toBe(0)
          expect(marks.at(-1)).toBeLessThanOrEqual(max * (1 + 1e-6))
          expect(marks.at(-1)! + step).toBeGreaterThan(max * (1 - 1e-6))
          expect((step / max) * size).toBeGreaterThan(27.9)
        },
      ),
    )
  })

  test('of time lie within it, at least 64 pixels apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2e9 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 100, max: 1_500 }),
        (seconds, minutes, size) => {
          const from = seconds * 1_000
          const to = from + minutes * MINUTE
          const marks = timeMarks(from, to, size)
          expect(marks.every((mark) => mark >= from && mark <= to)).toBe(true)
          const gap = (marks[1] ?? Infinity) - (marks[0] ?? 0)
          expect((gap / (to - from || 1)) * size).toBeGreaterThan(63.9)
        },
      ),
    )
  })

  test('of days are at midnight, also after the clock has changed', () => {
    setTimeZone('Europe/Zurich')
    onTestFinished(() => setTimeZone(''))
    const marks = timeMarks(
      Date.parse('2026-10-23T10:00:00Z'),
      Date.parse('2026-10-27T10:00:00Z'),
      300,
    )
    expect(marks.map((mark) => new Date(mark).toISOString())).toEqual([
      '2026-10-23T22:00:00.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
      '2026-10-26T23:00:00.000Z',
    ])
  })

  test('of an hour that the clock skips are none', () => {
    setTimeZone('Europe/Zurich')
    onTestFinished(() => setTimeZone(''))
    const from = Date.parse('2026-03-29T00:00:00Z')
    const marks = timeMarks(from, from + 120 * MINUTE, 300)
    expect(marks.map((mark) => (mark - from) / MINUTE)).toEqual([0, 30, 60, 90, 120])
  })

  test('of time are none before the plot has a width, however long its time is', () => {
    expect(timeMarks(0, 10_080 * MINUTE, -66)).toEqual([])
  })
})

describe('the lines of a plot', () => {
  const points = [point(0, null), point(5, 2), point(10, 3)]

  test('leave out what is unknown', () => {
    expect(linePath(points, 'low', scales)).toBe('M50.0 80.0L100.0 70.0')
    expect(linePath([point(0, null)], 'low', scales)).toBe('')
  })

  test('enclose the area between two series', () => {
    expect(areaPath(points, 'low', 'high', scales)).toBe(
      'M50.0 60.0L100.0 60.0L100.0 70.0L50.0 80.0Z',
    )
  })

  test('enclose no area over points that know neither', () => {
    const gap = [point(0, 2), point(2, 2), point(5, null), point(8, 3), point(10, 3)]
    expect(areaPath(gap, 'low', 'high', scales)).toBe(
      'M0.0 60.0L20.0 60.0L20.0 80.0L0.0 80.0ZM80.0 60.0L100.0 60.0L100.0 70.0L80.0 70.0Z',
    )
  })

  test('have the point nearest to the pointer', () => {
    expect([0, 24, 26, 90].map((place) => nearestPoint(points, scales.x, place))).toEqual([
      0, 0, 1, 2,
    ])
  })
})
