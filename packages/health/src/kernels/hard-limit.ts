import { logSumExp } from '../evidence-process.ts'

/** Multiples of the limit that the test bets on, with equal weights. */
const MULTIPLES = [1.25, 1.5, 2, 3, 5, 10, 20] as const
/** Bets never exceed this rate. */
const MAX_RATE = 0.95

/**
 * Returns the logarithm of the evidence that a rate is above its limit.
 *
 * Units whose outcome has not arrived yet count as unharmed, so the evidence is never too large.
 *
 * Source: the likelihood ratio of A. Wald, "Sequential Analysis", 1947, as a mixture.
 */
export function logOverLimit(harmed: number, units: number, limit: number): number {
  if (limit <= 0) return harmed > 0 ? Number.POSITIVE_INFINITY : 0
  const bets = MULTIPLES.map((multiple) => multiple * limit).filter((rate) => rate < MAX_RATE)
  if (limit < MAX_RATE) bets.push(...MULTIPLES.slice(bets.length).map(() => MAX_RATE))
  if (bets.length === 0) return 0
  return logSumExp(
    bets.map(
      (rate) =>
        harmed * Math.log(rate / limit) +
        (units - harmed) * Math.log((1 - rate) / (1 - limit)) -
        Math.log(bets.length),
    ),
  )
}
