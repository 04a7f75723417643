import { describe, expect, test } from 'vitest'
import { metricWeights, scopeAlpha, systemicAlpha } from '../src/index.ts'
import { ALIVE, ERROR, LATENCY, SALE } from './counts.ts'

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1)
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

describe('the error budget', () => {
  test('is never exceeded by scopes, joiners and attempts together', () => {
    const budget = { alpha: 0.01, scopes: 12 }
    const attempts = upTo(200)
    const ofStart = 12 * sum(attempts.map((attempt) => scopeAlpha(budget, { attempt })))
    const ofJoiners = sum(
      upTo(200).flatMap((joiner) =>
        attempts.map((attempt) => scopeAlpha(budget, { joiner, attempt })),
      ),
    )

    const spent = ofStart + ofJoiners + systemicAlpha(budget)

    expect(spent).toBeLessThanOrEqual(0.01)
    expect(spent).toBeGreaterThan(0.0099)
  })

  test('has three parts for errors, and one each for latency and conversions', () => {
    expect([...metricWeights([ERROR, LATENCY, SALE])]).toEqual([
      ['error', 0.6],
      ['latency', 0.2],
      ['checkout-completed', 0.2],
    ])
  })

  test('has no part for metrics that cannot roll back', () => {
    const weights = metricWeights([
      ERROR,
      { ...ALIVE, role: 'shown' },
      { ...SALE, role: 'goal' },
      { key: 'kept-off', kind: 'kept-off', role: 'guardrail' },
    ])

    expect([...weights]).toEqual([['error', 1]])
  })
})
