import { expect, test } from 'vitest'
import { logBeta, logGamma } from './log-gamma.ts'

test('logGamma equals the logarithm of factorials', () => {
  let logFactorial = 0
  for (let n = 1; n <= 500; n += 1) {
    expect(logGamma(n)).toBeCloseTo(logFactorial, 10)
    logFactorial += Math.log(n)
  }
})

test('logGamma fulfils the reflection at a half, and its recurrence for small arguments', () => {
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 11)
  for (const x of [0.001, 0.02, 0.7, 3.3, 9.99])
    expect(logGamma(x + 1) - logGamma(x)).toBeCloseTo(Math.log(x), 10)
})

test('logBeta is symmetric, and exact for integers', () => {
  expect(logBeta(2, 3)).toBeCloseTo(Math.log(1 / 12), 11)
  expect(logBeta(0.2, 19.8)).toBeCloseTo(logBeta(19.8, 0.2), 11)
})
