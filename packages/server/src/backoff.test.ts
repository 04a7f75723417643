import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

test('waits double up to a minute, and start over after a success', () => {
  const backoff = createBackoff({ random: () => 1 })

  const waits = Array.from({ length: 8 }, () => backoff.next())
  backoff.reset()

  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  expect(backoff.next()).toBe(1_000)
})

test('a wait is at least half as long', () => {
  expect(createBackoff({ random: () => 0 }).next()).toBe(500)
})

test('a first wait can be shorter', () => {
  const backoff = createBackoff({ firstMs: 50, random: () => 1 })
  expect([backoff.next(), backoff.next()]).toEqual([50, 100])
})
