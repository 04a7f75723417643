import type { Trial } from '../trial.ts'

/** Strength and mean of the first guess at the reference's rate, in units. */
export interface FirstGuess {
  readonly units: number
  readonly rate: number
}

/**
 * Adds the evidence of one block of Bernoulli trials to bets on odds ratios.
 *
 * Exact for every rate, every guess from earlier blocks, and every size of the arms: a wrong guess
 * costs power only.
 *
 * Source: R. Turner, A. Ly, P. Grünwald, "Generic E-variables for exact sequential k-sample tests
 * that allow for optional stopping", JSPI 2024, arXiv 2106.02693.
 *
 * @param logs changed in place, from `offset` on
 * @param odds odds ratios above 1, one for each bet
 */
export function betOnBlock(
  logs: number[],
  block: Trial,
  past: Trial,
  { odds, guess, offset }: { odds: readonly number[]; guess: FirstGuess; offset: number },
): void {
  const [n1, n0] = block.units
  if (n1 === 0 || n0 === 0) return // One arm alone compares nothing: the ratio is 1.
  const [x1, x0] = block.events
  const events = guess.units * guess.rate + past.events[0] + past.events[1]
  for (const [j, ratio] of odds.entries()) {
    const low = Math.min(0.999, events / (guess.units + past.units[1] + ratio * past.units[0]))
    const high = (ratio * low) / (1 - low + ratio * low)
    const mean = (n1 * high + n0 * low) / (n1 + n0)
    logs[offset + j]! +=
      x1 * Math.log(high / mean) +
      (n1 - x1) * Math.log((1 - high) / (1 - mean)) +
      x0 * Math.log(low / mean) +
      (n0 - x0) * Math.log((1 - low) / (1 - mean))
  }
}
