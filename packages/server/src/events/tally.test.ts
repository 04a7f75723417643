import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { type ReportedCount, tally } from './tally.ts'

const MINUTE_MS = 60_000
const NOW = Date.parse('2026-11-20T08:00:30Z')
const THIS_MINUTE = Date.parse('2026-11-20T08:00:00Z')

const ruleset = {
  scope: 'production/acme',
  flags: { theme: { variants: { dark: 'd', light: 'l' } } },
} as unknown as Ruleset // Nothing else of it is looked at.

const report = (parts: Partial<ReportedCount> = {}): ReportedCount => ({
  flag: 'theme',
  variant: 'dark',
  minute: THIS_MINUTE,
  count: 1,
  ...parts,
})

const minuteOf = (minute: number) => tally([report({ minute })], ruleset, NOW).counts[0]?.minute

describe('tally', () => {
  test('takes what the ruleset has, in the scope of the ruleset', () => {
    expect(tally([report({ arm: 'control', count: 7 })], ruleset, NOW)).toEqual({
      counts: [
        {
          flag: 'theme',
          variant: 'dark',
          arm: 'control',
          scope: 'production/acme',
          minute: THIS_MINUTE,
          count: 7,
        },
      ],
      dropped: 0,
    })
  })

  test.for([
    ['an unknown flag', { flag: 'nope' }],
    ['an unknown variant', { variant: 'nope' }],
    ['a flag that every object has', { flag: 'constructor' }],
    ['a variant that every object has', { variant: 'toString' }],
    ['a day ago', { minute: NOW - 24 * 60 * MINUTE_MS }],
  ] as const)('drops %s, and keeps what stands beside it', ([, parts]) => {
    const { counts, dropped } = tally([report(), report(parts), report()], ruleset, NOW)
    expect(counts).toHaveLength(2)
    expect(dropped).toBe(1)
  })

  test.for([
    ['as it is', THIS_MINUTE - 3 * MINUTE_MS, THIS_MINUTE - 3 * MINUTE_MS],
    ['at its start', THIS_MINUTE - 1, THIS_MINUTE - MINUTE_MS],
    ['no later than in ten minutes', THIS_MINUTE + 99 * MINUTE_MS, THIS_MINUTE + 10 * MINUTE_MS],
  ] as const)('counts a minute %s', ([, given, counted]) => {
    expect(minuteOf(given)).toBe(counted)
  })
})
