import type { Arms } from '../counts.ts'
import { logSumExp } from '../evidence-process.ts'
import { logBeta } from './log-gamma.ts'

/** Strengths of the prior around the designed share, in units: large mismatches to small ones. */
const CONCENTRATIONS = [20, 200, 2000] as const

/** The units of one allocation, beside the share that they were designed to have. */
export interface DesignedUnits {
  readonly share: number
  readonly units: Arms
}

/**
 * Returns the logarithm of the evidence that units are missing from an arm, whatever the reason.
 *
 * For each allocation, the beta-binomial likelihood over the binomial one of the designed share,
 * averaged over concentrations. The allocations are averaged with weights 1/2, 1/6, 1/12 …, and not
 * multiplied: the same people return in the next allocation.
 *
 * Sources: M. Lindon and A. Malek, NeurIPS 2022 (sequential sample-ratio test); A. Fabijan et al.,
 * "Diagnosing Sample Ratio Mismatch", KDD 2019.
 */
export function logRatioMismatch(allocations: readonly DesignedUnits[]): number {
  const terms: number[] = []
  let left = 1
  for (const [index, allocation] of allocations.entries()) {
    const weight = 1 / ((index + 1) * (index + 2))
    left -= weight
    terms.push(Math.log(weight) + logMismatchOf(allocation))
  }
  if (left > 0) terms.push(Math.log(left))
  return logSumExp(terms)
}

function logMismatchOf({ share, units }: DesignedUnits): number {
  return share <= 0 || share >= 1 ? 0 : logNotShare(share, units.treatment, units.control)
}

/**
 * Returns the logarithm of the evidence that units do not fall inside with probability `share`: the
 * beta-binomial mixture, whose martingale is that of H. Robbins, Ann. Math. Statist. 1970.
 *
 * @param share above 0 and below 1
 */
export function logNotShare(share: number, inside: number, outside: number): number {
  const designed = inside * Math.log(share) + outside * Math.log(1 - share)
  return logSumExp(
    CONCENTRATIONS.map((strength) => {
      const [a, b] = [strength * share, strength * (1 - share)]
      const mixture = logBeta(a + inside, b + outside) - logBeta(a, b)
      return mixture - designed - Math.log(CONCENTRATIONS.length)
    }),
  )
}
