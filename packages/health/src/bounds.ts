import { logAgainstDifference } from './kernels/clearance.ts'
import { exchanged, type Trial } from './trial.ts'

/** Differences of shares that bounds are looked for among: numbers that people say, below 1. */
const STEPS = [1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9] as const
const MAGNITUDES = [1e-4, 1e-3, 1e-2, 1e-1] as const
const POSITIVE = MAGNITUDES.flatMap((unit) =>
  STEPS.map((step) => Number((step * unit).toPrecision(2))),
)
/** Ascending, with both signs and 0. */
export const DIFFERENCES: readonly number[] = [
  ...POSITIVE.map((difference) => -difference).reverse(),
  0,
  ...POSITIVE,
]

/**
 * Returns the least difference of {@link DIFFERENCES} that the suspect's rate does not exceed the
 * reference's by, at any time with error probability `alpha`; undefined if none is ruled out.
 */
export function upperBound(blocks: readonly Trial[], alpha: number): number | undefined {
  const enough = -Math.log(alpha)
  let [low, high] = [0, DIFFERENCES.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (logAgainstDifference(blocks, DIFFERENCES[middle]!) >= enough) high = middle
    else low = middle + 1
  }
  return DIFFERENCES[low]
}

/** Returns the largest difference that the suspect's rate exceeds the reference's by at least. */
export function lowerBound(blocks: readonly Trial[], alpha: number): number | undefined {
  const bound = upperBound(blocks.map(exchanged), alpha)
  // Adding zero turns -0 into 0.
  return bound === undefined ? undefined : 0 - bound
}
