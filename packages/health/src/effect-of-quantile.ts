import type { AlignedMinute } from './aligned-minutes.ts'
import type { Effect, EffectPoint, Interval } from './effect.ts'
import {
  addHistogram,
  BUCKETS,
  BUCKETS_PER_DOUBLING,
  bucketMiddle,
  bucketOfQuantile,
  sumOf,
} from './histogram.ts'
import { logNotShare } from './kernels/ratio-mismatch.ts'

/** The compared quantile: heavy tails leave the median alone. */
const MEDIAN = 0.5
/** A point of the series is drawn when the units have grown by this part. */
const GROWTH = 0.04

/** The buckets that contain a quantile; an end that is not known is beyond the histogram. */
type BucketRange = readonly [first: number, last: number]

/**
 * Returns the ratio of medians with a confidence sequence, from the histograms alone.
 *
 * The number of units up to the true quantile is a binomial count with a known probability, so the
 * mixture of Robbins bounds it at all times; the buckets with such a count contain the quantile.
 * Source: S. Howard and A. Ramdas, "Sequential estimation of quantiles with applications to A/B
 * testing and best-arm identification", Bernoulli 2022.
 */
export function quantileEffect(
  aligned: readonly AlignedMinute[],
  alpha: number,
): Omit<Effect, 'baseline' | 'variant'> {
  const old = zeros()
  const next = zeros()
  const series: EffectPoint[] = []
  let interval: Interval = {}
  let [drawn, units] = [0, 0]
  for (const [index, minute] of aligned.entries()) {
    addHistogram(old, minute.baseline.measured ?? [])
    addHistogram(next, minute.other.measured ?? [])
    units = sumOf(old) + sumOf(next)
    if (units === 0 || (units < drawn * (1 + GROWTH) && index < aligned.length - 1)) continue
    drawn = units
    interval = narrowed(
      interval,
      ratioOf(quantileRange(old, alpha / 2), quantileRange(next, alpha / 2)),
    )
    series.push({ minute: minute.minute, ...interval })
  }
  const hasBoth = sumOf(old) > 0 && sumOf(next) > 0
  const median = (histogram: number[]) => bucketMiddle(bucketOfQuantile(histogram, MEDIAN))
  return {
    scale: 'ratio',
    ...(hasBoth && { estimate: median(next) / median(old) }),
    interval,
    series,
  }
}

function zeros(): number[] {
  return Array.from({ length: BUCKETS }, () => 0)
}

/** The buckets that contain the median, with probability 1 - alpha at all times. */
function quantileRange(histogram: readonly number[], alpha: number): BucketRange {
  const units = sumOf(histogram)
  const enough = -Math.log(alpha)
  const isPlausible = (below: number) => logNotShare(MEDIAN, below, units - below) < enough
  // Plausible counts are an interval around the middle; both ends are found by bisection.
  const middle = units * MEDIAN
  let [low, tooLow] = [Math.floor(middle), -1]
  while (low - tooLow > 1) {
    const count = (low + tooLow) >> 1
    if (isPlausible(count)) low = count
    else tooLow = count
  }
  return bucketsOfCounts(histogram, [low, units - low])
}

/** The buckets in which the cumulated count passes a range of counts. */
function bucketsOfCounts(
  histogram: readonly number[],
  [low, high]: readonly [number, number],
): BucketRange {
  let [first, last, passed] = [-1, BUCKETS, 0]
  for (const [bucket, units] of histogram.entries()) {
    if (passed > high) {
      last = bucket - 1
      break
    }
    passed += units
    if (first < 0 && low > 0 && passed >= low) first = bucket
  }
  return [first, last]
}

/** The ratio of a value in one range to a value in another. */
function ratioOf(old: BucketRange, next: BucketRange): Interval {
  const ratio = (buckets: number) => 2 ** (buckets / BUCKETS_PER_DOUBLING)
  return {
    ...(next[0] >= 0 && old[1] < BUCKETS && { low: ratio(next[0] - old[1] - 1) }),
    ...(old[0] >= 0 && next[1] < BUCKETS && { high: ratio(next[1] + 1 - old[0]) }),
  }
}

/** The common part of two intervals. */
function narrowed(a: Interval, b: Interval): Interval {
  const low = Math.max(a.low ?? 0, b.low ?? 0)
  const high = Math.min(a.high ?? Number.POSITIVE_INFINITY, b.high ?? Number.POSITIVE_INFINITY)
  return { ...(low > 0 && { low }), ...(high < Number.POSITIVE_INFINITY && { high }) }
}
