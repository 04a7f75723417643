import { zoneOffset } from '../../parts/zone-clock.ts'
import type { PlotPoint } from './plot-data.ts'

const MINUTE_MS = 60_000
/** Distances of the marks of the time, minutes. */
const TIME_STEPS = [1, 2, 5, 10, 30, 60, 120, 360, 720, 1_440]
/** Least distances between marks, CSS pixels. */
const TIME_SPACE = 64
const SHARE_SPACE = 28

/** Places a value of an axis, in CSS pixels. */
export type Scale = (value: number) => number

/** Returns the scale that places two values at two pixels, and others in proportion. */
export function createScale(
  [low, high]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const span = high - low
  return (value) => (span === 0 ? end : start + ((value - low) / span) * (end - start))
}

/**
 * Returns round values from 0 to a maximum.
 * @param size length of their axis, CSS pixels
 */
export function shareMarks(max: number, size: number): readonly number[] {
  const least = (max * SHARE_SPACE) / size
  const power = 10 ** Math.floor(Math.log10(least))
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least)!
  // Multiples, because a sum of steps adds up their errors.
  const marks = Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) => i * step)
  return marks.map((mark) => Number(mark.toPrecision(6)))
}

/**
 * Returns round instants between two, in the time zone of the screen, epoch ms.
 * @param size length of their axis, CSS pixels; not positive before the plot has been measured
 */
export function timeMarks(from: number, to: number, size: number): readonly number[] {
  if (size <= 0) return []
  const least = ((to - from) * TIME_SPACE) / size / MINUTE_MS
  const minutes = TIME_STEPS.find((one) => one >= least) ?? 1_440 * Math.ceil(least / 1_440)
  const step = minutes * MINUTE_MS
  const [start, end] = [from + zoneOffset(from), to + zoneOffset(to)]
  const first = Math.ceil(start / step) * step
  const length = Math.max(0, Math.floor((end - first) / step) + 1)
  // The clock can change on the way, and days still begin at midnight. An hour that it skips has no
  // marks of its own.
  const marks = Array.from({ length }, (_, i) => first + i * step).map(
    (local) => local - zoneOffset(local - zoneOffset(from)),
  )
  return [...new Set(marks)].filter((mark) => mark >= from && mark <= to)
}

export interface Scales {
  readonly x: Scale
  readonly y: Scale
}

/** Room around the lines for the marks of the axes, CSS pixels. */
export const ROOM = { left: 44, right: 22, top: 8, bottom: 26 } as const

/** A series of the points, or one that has the same value everywhere. */
type Series = 'control' | 'treatment' | 'low' | 'high' | 'evidence' | number

const valueIn = (point: PlotPoint, series: Series) =>
  typeof series === 'number' ? series : point[series]

/** Returns the attribute `d` of the SVG path of a series, without its unknown values. */
export function linePath(points: readonly PlotPoint[], series: Series, { x, y }: Scales): string {
  const known = points.flatMap((point) => {
    const value = valueIn(point, series)
    return value === null ? [] : [`${x(point.minute).toFixed(1)} ${y(value).toFixed(1)}`]
  })
  return known.length === 0 ? '' : `M${known.join('L')}`
}

/** Returns the path of the areas between two series, where both are known. */
export function areaPath(
  points: readonly PlotPoint[],
  lower: Series,
  upper: Series,
  scales: Scales,
): string {
  const isKnown = (point: PlotPoint) => [lower, upper].every((one) => valueIn(point, one) !== null)
  return runsOf(points, isKnown)
    .map((known) => {
      const back = linePath(known.toReversed(), lower, scales)
      return `${linePath(known, upper, scales)}L${back.slice(1)}Z`
    })
    .join('')
}

/** Returns the runs of neighbouring points that pass a check. */
function runsOf(
  points: readonly PlotPoint[],
  check: (point: PlotPoint) => boolean,
): readonly (readonly PlotPoint[])[] {
  const runs: PlotPoint[][] = []
  let isInRun = false
  for (const point of points) {
    const isKnown = check(point)
    if (isKnown && isInRun) runs.at(-1)!.push(point)
    else if (isKnown) runs.push([point])
    isInRun = isKnown
  }
  return runs
}

/** Returns the index of the point whose minute is the nearest to a place on the axis. */
export function nearestPoint(points: readonly PlotPoint[], x: Scale, place: number): number {
  const distanceOf = ({ minute }: PlotPoint) => Math.abs(x(minute) - place)
  // A rollout of weeks has more points than a call may have arguments.
  return points.reduce(
    (best, one, i) => (distanceOf(one) < distanceOf(points[best]!) ? i : best),
    0,
  )
}
