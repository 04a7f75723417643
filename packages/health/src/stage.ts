import { bothArms } from './counts.ts'
import { logSumExp } from './evidence-process.ts'
import { growthPerUnit, logAgainstDifference } from './kernels/clearance.ts'
import { logAgainstRatio, ratioGrowthPerUnit } from './kernels/ratio-clearance.ts'
import { isMirrored, type Metric } from './metric.ts'
import type { Tally } from './tally.ts'
import { addTrials } from './trial.ts'

/** Probability that a difference is ever ruled out although it is real. */
export const CLEARANCE_ALPHA = 0.05
/** Measured range that contains 80 % of the numbers of users that were needed, by the estimate. */
const RANGE = [0.3, 2.3] as const
/** A stage that needs longer is not waited for. */
const MAX_DAYS = 7
const DAY_MS = 86_400_000
/** Less than this says nothing about the users of a day. */
const MIN_SPAN_MS = 3_600_000

/** Differences of shares to rule out before the next stage, by the present share of units. */
const DEFAULT_DELTAS = [
  { upTo: 0.01, delta: 0.15 },
  { upTo: 0.1, delta: 0.03 },
  { upTo: 0.25, delta: 0.015 },
  { upTo: 1, delta: 0.01 },
] as const

/** An estimate of the users that a stage still needs, both arms together. */
export interface Eta {
  /** 0 when enough users were exposed, and their outcomes are still arriving. */
  readonly units: number
  /** The range that holds in four of five cases. */
  readonly from: number
  readonly to: number
  /** At the rate of this scope so far; undefined in its first hour. */
  readonly days: number | undefined
}

/**
 * Returns the difference of shares to rule out before the next stage: the users that may be harmed
 * there at worst, of the users that will be treated there.
 */
export function harmBudget(harmed: number, treatedNext: number): number {
  return Math.min(1, harmed / Math.max(1, treatedNext))
}

/** Returns the difference to rule out where the plan names no number of harmed users. */
export function defaultDelta(share: number): number {
  return DEFAULT_DELTAS.find(({ upTo }) => share <= upTo)!.delta
}

/**
 * Checks that intolerable harm is ruled out for good: a difference of `delta` or more that also
 * exceeds the metric's margin.
 */
export function isCleared(tally: Tally, delta: number): boolean {
  return logAgainstHarm(tally, delta) >= -Math.log(CLEARANCE_ALPHA)
}

/**
 * Intolerable harm is both too large a difference and too large a ratio: one of the two is enough.
 */
function logAgainstHarm({ blocks, metric }: Tally, delta: number): number {
  const difference = logAgainstDifference(blocks.closed, delta)
  if (!hasRatio(metric)) return difference
  const ratio = logAgainstRatio(blocks.closed, 1 + metric.margin)
  return logSumExp([difference, ratio]) - Math.LN2
}

/** The margin of a measurement is in its buckets already. */
function hasRatio(metric: Metric): metric is Metric & { readonly margin: number } {
  return metric.kind !== 'measurement' && metric.margin !== undefined && metric.margin > 0
}

/**
 * Returns the users that are still needed to rule out `delta`, if the rates are equal; undefined
 * where one arm is empty by design, so that nothing is compared.
 *
 * @param now the same tally with its recent minutes, whose outcomes are still arriving
 */
export function etaOf(tally: Tally, now: Tally, delta: number): Eta | undefined {
  const { blocks, metric } = tally
  const { units, events } = blocks.closed.reduce(addTrials, blocks.open)
  const guess = (0.5 + events[0] + events[1]) / (50 + units[0] + units[1])
  const rate = Math.min(guess, 1 - guess)
  const treated = now.allocations.at(-1)?.share ?? 0
  if (treated <= 0 || treated >= 1) return undefined
  const share = isMirrored(metric) ? 1 - treated : treated
  const left = -Math.log(CLEARANCE_ALPHA) - logAgainstHarm(tally, delta)
  const growth = Math.max(
    growthPerUnit(rate, delta, share),
    hasRatio(metric) ? ratioGrowthPerUnit(guess, 1 + metric.margin, share) : 0,
  )
  const needed = Math.max(0, left) / growth
  const pending = unitsOf(now) - blocks.units
  const about = (part: number) => Math.max(0, Math.ceil(needed * part - pending))
  return {
    units: about(1),
    from: about(RANGE[0]),
    to: about(RANGE[1]),
    days: daysFor(now, about(1)),
  }
}

/** Checks that a stage would take more than a week at the present rate, or for ever. */
export function isTooSlow(eta: Eta | undefined): boolean {
  return eta === undefined || (eta.days !== undefined && eta.days > MAX_DAYS)
}

function daysFor(now: Tally, units: number): number | undefined {
  const span = (now.last ?? 0) - (now.first ?? 0)
  if (span < MIN_SPAN_MS) return undefined
  return (units / unitsOf(now)) * (span / DAY_MS)
}

/** Units of both arms over all allocations; for a measurement, those that were measured. */
function unitsOf({ metric, allocations }: Tally): number {
  return allocations.reduce(
    (sum, { units, events }) => sum + bothArms(metric.kind === 'measurement' ? events : units),
    0,
  )
}
