import type { Histogram } from '../counts.ts'
import { BUCKETS, BUCKETS_PER_DOUBLING, bucketOfQuantile, sumOf, unitsAbove } from '../histogram.ts'
import type { Pair } from '../metric.ts'
import type { Trial } from '../trial.ts'
import { betOnBlock } from './block-bernoulli.ts'

/** Ratios of the suspect's hazard of finishing: below 1, it finishes later. */
const HAZARDS = [1 / 1.1, 1 / 1.25, 1 / 1.5, 1 / 2, 1 / 4] as const
const LOG_HAZARDS = HAZARDS.map(Math.log)
const HAZARD_WEIGHTS = [0.15, 0.25, 0.25, 0.2, 0.15] as const

/** Quantiles of the reference's past beyond which a unit counts as slow. */
export const TAILS = [0.5, 0.9, 0.99] as const
const TAIL_ODDS = [1.2, 1.5, 2, 3, 5, 10] as const
const TAIL_ODDS_WEIGHTS = [0.1, 0.2, 0.25, 0.2, 0.15, 0.1] as const

/** Units of the reference that a quantile is read from at least. */
const MIN_PAST = 20
/** Strength of the first guess that the share beyond a quantile is what its name says, in units. */
const GUESS_UNITS = 20

/** Weights of the bets: half for the logrank test, half for the three tails. */
export const LATENCY_WEIGHTS: readonly number[] = [
  ...HAZARD_WEIGHTS.map((weight) => weight / 2),
  ...TAILS.flatMap(() => TAIL_ODDS_WEIGHTS.map((weight) => weight / (2 * TAILS.length))),
]

/** Units beyond each of the {@link TAILS}, and the past of the reference that defines them. */
export interface LatencyPast {
  /** Units by bucket, all 128 of them. */
  readonly reference: readonly number[]
  /** Units of the blocks so far, one trial for each of the {@link TAILS}. */
  readonly tails: readonly Trial[]
}

/**
 * Moves the buckets of the reference up by the accepted slowdown, so that a suspect within the
 * margin is not slower than it.
 */
export function withMargin(reference: Histogram, margin = 0): Histogram {
  const shift = Math.round(BUCKETS_PER_DOUBLING * Math.log2(1 + margin))
  if (shift === 0) return reference
  return reference.map(([bucket, units]) => [Math.min(BUCKETS - 1, bucket + shift), units])
}

/**
 * Adds the evidence that the suspect finishes later, by the logrank test over buckets.
 *
 * In each bucket from below, the units that finish there are the suspect's with its share of the
 * units that have not finished before. Moments do not enter, so heavy tails do no harm.
 *
 * Source: J. ter Schure et al., "The anytime-valid logrank test", NEJSDS 2024, arXiv 2011.06931.
 * Ties within a bucket are hypergeometric, whose expectations of convex functions are at most the
 * binomial ones: W. Hoeffding, JASA 1963, theorem 4.
 *
 * @param logs changed in place
 */
export function betOnHazards(logs: number[], suspect: Histogram, reference: Histogram): void {
  let left1 = unitsAbove(suspect, -1)
  let left0 = unitsAbove(reference, -1)
  let i = 0
  let k = 0
  while (left1 > 0 && left0 > 0) {
    const bucket = Math.min(suspect[i]?.[0] ?? BUCKETS, reference[k]?.[0] ?? BUCKETS)
    const x1 = suspect[i]?.[0] === bucket ? suspect[i++]![1] : 0
    const x0 = reference[k]?.[0] === bucket ? reference[k++]![1] : 0
    const share = left1 / (left1 + left0)
    // Where all finish, nothing is left to compare.
    if (x1 + x0 < left1 + left0)
      for (let j = 0; j < HAZARDS.length; j += 1)
        logs[j]! += x1 * LOG_HAZARDS[j]! - (x1 + x0) * Math.log(HAZARDS[j]! * share + 1 - share)
    left1 -= x1
    left0 -= x0
  }
}

/**
 * Adds the evidence that more units of the suspect are beyond the reference's past p50, p90 and
 * p99, and returns the units of this block beyond each of them; undefined while the past is too
 * small.
 *
 * @param logs changed in place
 */
export function betOnTails(
  logs: number[],
  [suspect, reference]: readonly [Histogram, Histogram],
  past: LatencyPast,
): readonly Trial[] | undefined {
  if (sumOf(past.reference) < MIN_PAST) return undefined
  const units: Pair = [unitsAbove(suspect, -1), unitsAbove(reference, -1)]
  return TAILS.map((quantile, t) => {
    const bucket = bucketOfQuantile(past.reference, quantile)
    const events: Pair = [unitsAbove(suspect, bucket), unitsAbove(reference, bucket)]
    betOnBlock(logs, { units, events }, past.tails[t]!, {
      odds: TAIL_ODDS,
      guess: { units: GUESS_UNITS, rate: 1 - quantile },
      offset: HAZARDS.length + t * TAIL_ODDS.length,
    })
    return { units, events }
  })
}
