/** A seeded source of random numbers for simulations: equal seeds, equal runs. */
export interface Random {
  /** Returns a number from 0 to below 1. */
  uniform(): number
  /** Returns the number of successes of independent trials. */
  binomial(trials: number, probability: number): number
  /** Returns a sample of the normal distribution with mean 0 and deviation 1. */
  normal(): number
}

/** Creates a source of random numbers. Source: mulberry32, T. Ettinger, public domain. */
export function randomOf(seed: number): Random {
  let state = seed | 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const rareSuccesses = (trials: number, probability: number) => {
    if (probability <= 0) return 0
    // Jumps from success to success, so that rare ones cost little.
    const scale = Math.log1p(-probability)
    let successes = -1
    for (let at = 0; at <= trials; successes += 1)
      at += 1 + Math.floor(Math.log(1 - uniform()) / scale)
    return successes
  }
  return {
    uniform,
    binomial: (trials, probability) =>
      probability > 0.5
        ? trials - rareSuccesses(trials, 1 - probability)
        : rareSuccesses(trials, probability),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  }
}
