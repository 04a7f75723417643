import { logSumExp } from '../evidence-process.ts'
import { sizeOf, type Trial } from '../trial.ts'

/** Ratios of rates that the test bets on: equal, and better. */
const RATIOS = [1, 0.8, 0.5] as const
const WEIGHTS = [0.8, 0.15, 0.05] as const

/**
 * Returns the logarithm of the evidence against "the suspect's rate is `accepted` times the
 * reference's or more".
 *
 * In each block, an event is the suspect's with its share of the units, tilted by the ratio of
 * rates: the event share with the null and the bets exchanged. It is valid for blocks of any size,
 * since 1 + x ≤ exp(x) bounds the expectation of Bernoulli events by that of Poisson events.
 *
 * @param accepted above 1
 */
export function logAgainstRatio(blocks: readonly Trial[], accepted: number): number {
  const logs = WEIGHTS.map(Math.log)
  for (const block of blocks) {
    const [suspect, reference] = block.events
    const share = block.units[0] / Math.max(1, sizeOf(block))
    for (const [j, ratio] of RATIOS.entries()) {
      const normaliser = tilt(accepted, share) - tilt(ratio, share)
      logs[j]! += suspect * Math.log(ratio / accepted) + (suspect + reference) * normaliser
    }
  }
  return logSumExp(logs)
}

/**
 * Returns the expected growth of the evidence per unit, if both rates equal `rate`.
 *
 * @param share the suspect's share of the units
 */
export function ratioGrowthPerUnit(rate: number, accepted: number, share: number): number {
  return rate * (tilt(accepted, share) - tilt(1, share) - share * Math.log(accepted))
}

function tilt(ratio: number, share: number): number {
  return Math.log(ratio * share + 1 - share)
}
