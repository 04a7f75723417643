const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2

/**
 * Returns the logarithm of the gamma function of a positive number, to about 12 digits.
 *
 * Source: Stirling's series after the recurrence, Abramowitz and Stegun, 6.1.15 and 6.1.41.
 */
export function logGamma(positive: number): number {
  let x = positive
  let product = 1
  while (x < 10) {
    product *= x
    x += 1
  }
  const square = x * x
  const tail = 1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + tail / x - Math.log(product)
}

export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}
