import { logSumExp } from '../evidence-process.ts'
import type { Pair } from '../metric.ts'
import { addTrials, EMPTY_TRIAL, sizeOf, type Trial } from '../trial.ts'

/** Events and units that are added to the past, so that no bet excludes an event. */
const GUESS_EVENTS = 0.5
const GUESS_UNITS = 10
/** Units of both arms without which the past says too little for a bet. */
const MIN_PAST = 20
/** Units of the pooled rate that the rate of one arm is smoothed by. */
const SMOOTHING = 20
/**
 * Least distance of the adaptive bet from the difference to rule out, as a part of it: with few
 * units in the past, chance alone would forbid many bets. It shrinks with the root of the units.
 */
const DISTANCE = 0.3
const DISTANCE_UNITS = 100

/**
 * Results for the same list of blocks. A tally keeps its list until a block closes, and its verdict
 * is asked for every second. The list is immutable, so that no result depends on this cache.
 */
const knownLogs = new WeakMap<readonly Trial[], Map<number, number>>()

/** Rates that a bet expects, suspect first. */
type Rates = Pair

/**
 * Returns the logarithm of the evidence against "the suspect's rate exceeds the reference's by
 * `delta` or more", in the mean of two bets: that the rates are equal, and that they are as before.
 *
 * For `delta` below 0 it is evidence against "the reference's rate exceeds the suspect's by less
 * than `-delta`", so the same function proves harm with the arms exchanged.
 *
 * Each block is bet on with rates from earlier blocks, against the null closest to them: the
 * reverse information projection in its Poisson form, which has a closed form and is valid for
 * Bernoulli trials because 1 + x ≤ exp(x). Sources: P. Grünwald, R. de Heide, W. Koolen, "Safe
 * Testing", JRSS B 2024; R. Turner and P. Grünwald, "Exact anytime-valid confidence intervals for
 * contingency tables and beyond", 2022.
 *
 * @param blocks units and events, closed before their successor started, oldest first
 * @param delta difference of shares, between -1 and 1
 */
export function logAgainstDifference(blocks: readonly Trial[], delta: number): number {
  const known = knownLogs.get(blocks) ?? new Map<number, number>()
  knownLogs.set(blocks, known)
  const log = known.get(delta) ?? pathAgainstDifference(blocks, delta).at(-1) ?? 0
  known.set(delta, log)
  return log
}

/** Returns {@link logAgainstDifference} after each block, each bet on with the blocks before it. */
export function pathAgainstDifference(blocks: readonly Trial[], delta: number): readonly number[] {
  let [equal, adaptive] = [0, 0]
  let past = EMPTY_TRIAL
  return blocks.map((trial) => {
    const bets: Pair = sizeOf(past) < MIN_PAST ? [0, 0] : logBets(trial, past, delta)
    equal += bets[0]
    adaptive += bets[1]
    past = addTrials(past, trial)
    return logSumExp([equal, adaptive]) - Math.LN2
  })
}

/** The logarithms of both bets on a block. */
function logBets(trial: Trial, past: Trial, delta: number): Pair {
  const rate = pooledRate(past)
  // The Poisson form is tight for small rates: above a half, count the units without the event.
  const isFrequent = rate > 0.5
  const block = isFrequent ? complement(trial) : trial
  const guess = isFrequent ? 1 - rate : rate
  const rates = adaptiveRates(isFrequent ? complement(past) : past, guess, delta)
  return [logBet(block, [guess, guess], delta), logBet(block, rates, delta)]
}

/** The rate of both arms together. */
function pooledRate({ units, events }: Trial): number {
  return (GUESS_EVENTS + events[0] + events[1]) / (GUESS_UNITS + units[0] + units[1])
}

/** Units without the event, with the arms exchanged: the difference stays the same. */
function complement({ units: [n1, n0], events: [x1, x0] }: Trial): Trial {
  return { units: [n0, n1], events: [n0 - x0, n1 - x1] }
}

function adaptiveRates({ units, events }: Trial, rate: number, delta: number): Rates {
  const smoothed = (arm: 0 | 1) => (events[arm] + SMOOTHING * rate) / (units[arm] + SMOOTHING)
  const reference = smoothed(1)
  const part = 1 - DISTANCE * Math.sqrt(DISTANCE_UNITS / (DISTANCE_UNITS + units[0] + units[1]))
  const cap = delta > 0 ? reference + part * delta : Number.POSITIVE_INFINITY
  return [Math.min(smoothed(0), cap), reference]
}

function logBet({ units, events }: Trial, [t1, t0]: Rates, delta: number): number {
  const [n1, n0] = units
  if (n1 === 0 || n0 === 0 || t1 - t0 >= delta) return 0
  const [s1, s0] = closestNull(units, [t1, t0], delta)
  return (
    events[0] * Math.log(t1 / s1) - n1 * (t1 - s1) + events[1] * Math.log(t0 / s0) - n0 * (t0 - s0)
  )
}

/** The rates with the difference `delta` at the least Kullback–Leibler distance from a bet. */
export function closestNull([n1, n0]: Pair, [t1, t0]: Rates, delta: number): Rates {
  const all = n1 + n0
  const expected = n1 * t1 + n0 * t0
  // Solved for the smaller rate, which loses no digits.
  if (delta >= 0) {
    const s0 = positiveRoot(all, all * delta - expected, n0 * t0 * delta)
    return [s0 + delta, s0]
  }
  const s1 = positiveRoot(all, -all * delta - expected, -n1 * t1 * delta)
  return [s1, s1 - delta]
}

/** The root of a·s² + b·s = c that is not negative. */
function positiveRoot(a: number, b: number, c: number): number {
  const root = Math.sqrt(b * b + 4 * a * c)
  return b > 0 ? (2 * c) / (b + root) : (root - b) / (2 * a)
}

/**
 * Returns the expected growth of the evidence per unit, if both rates equal `rate`.
 *
 * @param share the suspect's share of the units
 */
export function growthPerUnit(rate: number, delta: number, share: number): number {
  const [s1, s0] = closestNull([share, 1 - share], [rate, rate], delta)
  const growth = (s: number) => rate * Math.log(rate / s) - rate + s
  return share * growth(s1) + (1 - share) * growth(s0)
}
