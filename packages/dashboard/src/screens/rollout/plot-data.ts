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
  /** Part of the evidence that rolls back, in %. */
  readonly evidence: number
}

/**
 * Returns the points of a plot: the shares of both arms, and the running confidence sequence of
 * their difference around the share of the old variant.
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
    return {
      minute,
      control: 100 * rates.control,
      treatment: 100 * rates.treatment,
      low: clamped(end(known.low)),
      high: clamped(end(known.high)),
      evidence: (100 * Math.max(0, log10)) / (evidence.threshold ?? Infinity),
    }
  })
}

/** Shares lie between 0 and 100 %. */
function clamped(share: number | null): number | null {
  return share === null ? null : Math.max(0, Math.min(100, share))
}

/** Returns at most `size` of the points, evenly, with the last. */
export function sampled<T>(points: readonly T[], size: number): readonly T[] {
  if (points.length <= size) return points
  return Array.from(
    { length: size },
    (_, i) => points[Math.round((i * (points.length - 1)) / (size - 1))]!,
  )
}
