/** Returns numbers from 0 up to 1. The same seed returns the same numbers, so all samples agree. */
export type Random = () => number

/** The Mulberry32 generator: small, and even enough for made-up users. */
export function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / HASH_SPACE
  }
}

/** Number of values of a 32-bit hash. */
export const HASH_SPACE = 2 ** 32
