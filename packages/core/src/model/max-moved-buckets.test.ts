import { describe, expect, test } from 'vitest'
import { BUCKETS } from '../hash.ts'
import { LIMITS } from '../limits.ts'
import type { Clause, Rollout, Rule, Serve } from '../ruleset/wire.ts'
import type { LayerConfiguration } from './layers.ts'
import { maxMovedBuckets } from './max-moved-buckets.ts'

const on: Serve = { variant: 'on' }
const off: Serve = { variant: 'off' }

const split = (share: number, salt = 'split', by = 'targetingKey'): Serve => ({
  split: {
    by,
    salt,
    ranges: [
      [0, share, 'on'],
      [share, BUCKETS, 'off'],
    ],
  },
})
const rollout = (share: number, parts: Partial<Rollout> = {}): Rollout => ({
  by: 'targetingKey',
  salt: 'rollout',
  share,
  serve: on,
  ...parts,
})
const plan = (value: string): Clause => ({ attribute: 'plan', op: 'in', values: [value] })
const rule = (value: string, serve: Serve): Rule => ({ id: value, when: [[plan(value)]], serve })
const of = (parts: Partial<LayerConfiguration> = {}): LayerConfiguration => ({
  on: true,
  off: 'off',
  fallthrough: off,
  ...parts,
})
const OFF = of({ on: false })

describe('maxMovedBuckets', () => {
  test.for([
    ['nothing', of({ rollout: rollout(5) }), of({ rollout: rollout(5) }), 0],
    ['a larger share', of({ rollout: rollout(100) }), of({ rollout: rollout(300) }), 200],
    ['a rollout that ends', of({ rollout: rollout(300) }), of(), 300],
    ['a rollout from off', OFF, of({ rollout: rollout(300) }), 300],
    [
      'hashed values',
      of({ rules: [rule('pro', on)] }),
      of({ rules: [{ ...rule('pro', on), when: [[{ ...plan('pro'), hashed: true }]] }] }),
      0,
    ],
    [
      'a rollout of a flag that was on for everybody',
      of({ fallthrough: on }),
      of({ rollout: rollout(25_000) }),
      75_000,
    ],
    ['a split from off', OFF, of({ fallthrough: split(60_000) }), 60_000],
    [
      'a split from off, under a rollout that stays',
      of({ on: false, rollout: rollout(25_000) }),
      of({ rollout: rollout(25_000), fallthrough: split(60_000) }),
      70_000,
    ],
    [
      'a kill of everything',
      of({ fallthrough: on }),
      of({ fallthrough: on, killed: true }),
      BUCKETS,
    ],
    ['an off variant that nobody is served', of(), of({ off: 'on' }), 0],
    ['an off variant while it is off', OFF, { ...OFF, off: 'on' }, BUCKETS],
    [
      'other weights',
      of({ fallthrough: split(50_000) }),
      of({ fallthrough: split(60_000) }),
      10_000,
    ],
    [
      'another salt of a split',
      of({ fallthrough: split(50_000) }),
      of({ fallthrough: split(50_000, 'other') }),
      50_000,
    ],
    [
      'another unit of a split',
      of({ fallthrough: split(10_000) }),
      of({ fallthrough: split(10_000, 'split', 'accountId') }),
      18_000,
    ],
    [
      'another salt of a rollout',
      of({ rollout: rollout(50_000) }),
      of({ rollout: rollout(50_000, { salt: 'other' }) }),
      50_000,
    ],
    [
      'another variant of a rollout',
      of({ rollout: rollout(30_000), fallthrough: { variant: 'old' } }),
      of({ rollout: rollout(30_000, { serve: off }), fallthrough: { variant: 'old' } }),
      30_000,
    ],
    [
      'the fallthrough of a rollout',
      of({ rollout: rollout(30_000) }),
      of({ rollout: rollout(30_000), fallthrough: { variant: 'old' } }),
      70_000,
    ],
    [
      'a split in a rollout',
      of({ rollout: rollout(40_000) }),
      of({ rollout: rollout(40_000, { serve: split(75_000) }) }),
      10_000,
    ],
    ['a rule that is new', of(), of({ rules: [rule('pro', on)] }), BUCKETS],
    ['a rule that serves the same', of(), of({ rules: [rule('pro', off)] }), 0],
    [
      'the salt of a rule',
      of({ rules: [rule('pro', split(50_000))] }),
      of({ rules: [rule('pro', split(50_000, 'other'))] }),
      50_000,
    ],
    [
      'the weights of a rule',
      of({ rules: [rule('pro', split(50_000))] }),
      of({ rules: [rule('pro', split(60_000))] }),
      10_000,
    ],
    [
      'the rest beside a rule',
      of({ rules: [rule('pro', on)], rollout: rollout(5) }),
      of({ rules: [rule('pro', on)], rollout: rollout(7) }),
      2,
    ],
    [
      'the order of rules that serve alike',
      of({ rules: [rule('pro', on), rule('eu', on)] }),
      of({ rules: [rule('eu', on), rule('pro', on)] }),
      0,
    ],
    [
      'the order of rules that differ',
      of({ rules: [rule('pro', on), rule('eu', off)] }),
      of({ rules: [rule('eu', off), rule('pro', on)] }),
      BUCKETS,
    ],
    [
      'a segment of the rollout',
      of({ rollout: rollout(10) }),
      of({ rollout: rollout(10, { segments: ['beta'] }) }),
      BUCKETS - 10,
    ],
    ["the caller's default", of(), of({ fallthrough: { variant: '' } }), BUCKETS],
  ] as const)('counts %s', ([, before, after, moved]) => {
    expect(maxMovedBuckets(before, after)).toBe(moved)
    expect(maxMovedBuckets(after, before)).toBe(moved)
  })

  test('compares as many steps as a flag can have', () => {
    const steps = (name: string) => {
      const rules = Array.from({ length: LIMITS.rules }, (_, i) => rule(`${name}-${i}`, on))
      const segments = Array.from({ length: LIMITS.segments }, (_, i) => `${name}-${i}`)
      return of({ rules, rollout: rollout(5, { segments }) })
    }

    expect(maxMovedBuckets(steps('old'), steps('new'))).toBe(BUCKETS - 5)
  })
})
