import type { Schema } from '../../api/client.ts'

export type MetricHealth = Schema<'MetricHealth'>

/** One minute of a plot. */
export interface PlotPoint {
  /** Epoch ms. */
  readonly minute: number
  /** Shares of the users with the outcome so far, in %. */
  readonly control: number
  readonly treatment: number
  /** Ends of the band that contains the share of the new variant, in %; null while unknown. */
  readonly low: number | null
  readonly high: number | null
  /** True if the band does not contain the share: it assumes one that stays the same. */
  readonly isDrifting: boolean
  /** Part of the evidence that rolls back, in %. */
  readonly evidence: number
}

const ROUNDING = 1e-9

/**
 * Returns the points of a plot: the shares of both arms, and the running confidence sequence of
 * their difference around the share of the old variant. A share that changes over time leaves the
 * sequence, which never widens; the point then has no band.
 */
export function plotPoints({ evidence, effect }: MetricHealth): readonly PlotPoint[] {
  const isDifference = effect.scale === 'difference'
  let known: { low?: number; high?: number } = {}
  let next = 0
  return evidence.series.map(({ minute, log10, rates }) => {
    for (; (effect.series[next]?.minute ?? Infinity) <= minute; next += 1)
      known = effect.series[next]!
    const end = (difference: number | undefined) =>
      difference === undefined || !isDifference ? null : 100 * (rates.control + difference)
    const treatment = 100 * rates.treatment
    const [low, high] = [clamped(end(known.low)), clamped(end(known.high))]
    const isDrifting =
      (low !== null && treatment < low - ROUNDING) || (high !== null && treatment > high + ROUNDING)
    return {
      minute,
      control: 100 * rates.control,
      treatment,
      low: isDrifting ? null : low,
      high: isDrifting ? null : high,
      isDrifting,
      evidence: (100 * Math.max(0, log10)) / (evidence.threshold ?? Infinity),
    }
  })
}

/** Shares lie between 0 and 100 %. */
function clamped(share: number | null): number | null {
  return share === null ? null : Math.max(0, Math.min(100, share))
}

/**
 * Returns the highest share of the axis, in %. The shares among the first few users, and the wide
 * band of the beginning, may lie above it, so that the lines of days keep their height.
 */
export function axisShare(points: readonly PlotPoint[]): number {
  const lines = points.flatMap(({ control, treatment }) => [control, treatment])
  const highs = points.flatMap(({ high }) => high ?? [])
  const last = points.at(-1)
  return Math.max(
    1,
    1.15 * Math.max(quantile(lines, 0.98), quantile(highs, 0.75)),
    1.15 * Math.max(last?.control ?? 0, last?.treatment ?? 0),
  )
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? 0
}

/** Returns at most `size` of the points, evenly, with the last. */
export function sampled<T>(points: readonly T[], size: number): readonly T[] {
  if (points.length <= size) return points
  return Array.from(
    { length: size },
    (_, i) => points[Math.round((i * (points.length - 1)) / (size - 1))]!,
  )
}
