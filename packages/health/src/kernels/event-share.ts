import type { Pair } from '../metric.ts'

/** Ratios of the suspect's rate to the reference's that the test bets on. */
const RATIOS = [1.2, 1.5, 2, 3, 5, 10, 30, 100] as const

const LOG_RATIOS = RATIOS.map(Math.log)

/**
 * Weights of the bets. They add up to 1, and any others would be as valid. These take at most 1.35
 * times the least possible exposures for regressions of 2 to 10 times: `bench/health` measures it.
 */
export const EVENT_SHARE_WEIGHTS = [0.05, 0.1, 0.18, 0.2, 0.17, 0.17, 0.08, 0.05] as const

/** Units of the designed share that an observed share is shrunk by. */
const SHRINKAGE = 10

/**
 * Adds the evidence of events to the bets: whose events are they?
 *
 * Under "the suspect has no more events than the reference" an event is the suspect's with at most
 * its share of the exposed units. The bets are the likelihood ratios of larger probabilities.
 *
 * Sources: the count test of M. Lindon and A. Malek, "Anytime-Valid Inference for Multinomial Count
 * Data", NeurIPS 2022; the anytime-valid logrank test of J. ter Schure et al., NEJSDS 2024.
 *
 * @param logs changed in place
 * @param events first events that arrived in one minute
 * @param share from {@link eventShare}
 * @param margin relative worsening that is no harm
 */
export function betOnEventShare(
  logs: number[],
  [suspect, reference]: Pair,
  share: number,
  margin = 0,
): void {
  const accepted = 1 + margin
  const base = Math.log(accepted * share + 1 - share)
  for (let j = 0; j < RATIOS.length; j += 1) {
    const normaliser = base - Math.log(accepted * RATIOS[j]! * share + 1 - share)
    logs[j]! += suspect * LOG_RATIOS[j]! + (suspect + reference) * normaliser
  }
}

/**
 * Returns the suspect's share for events that arrived in a minute: the largest of the designed
 * share, the share of the units before the minute, and that share with the minute.
 *
 * The designed share alone keeps the error probability when arms are random. The observed shares
 * guard against an arm whose reports arrive later, with its events.
 */
export function eventShare(designed: number, before: Pair, including: Pair): number {
  return Math.max(designed, shrunk(designed, before), shrunk(designed, including))
}

function shrunk(designed: number, [suspect, reference]: Pair): number {
  return (suspect + SHRINKAGE * designed) / (suspect + reference + SHRINKAGE)
}
