import { describe, expect, test } from 'vitest'
import { rulesets } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { canonicalJson } from '../canonical-json.ts'
import { hex8, murmur3 } from '../hash.ts'
import { diff } from './diff.ts'
import { createDigester } from './digest.ts'
import { patch } from './patch.ts'
import type { Ruleset, RulesetFlag } from './wire.ts'

const flag: RulesetFlag = {
  type: 'boolean',
  variants: { on: true, off: false },
  on: true,
  off: 'off',
  fallthrough: { variant: 'on' },
  revision: 1,
}
const segment = { include: ['ada'], exclude: [], when: [] }

/** `docs/spec.md` §6, word for word. */
function specified({ flags, segments }: Pick<Ruleset, 'flags' | 'segments'>): string {
  const texts = [
    ...Object.entries(flags).map(([key, item]) => `flag:${key}:${canonicalJson(item)}`),
    ...Object.entries(segments).map(([key, item]) => `segment:${key}:${canonicalJson(item)}`),
  ]
  const sum = (seed: number) =>
    texts.reduce((total, text) => total + murmur3(text, seed), 0) % 2 ** 32
  return hex8(sum(0)) + hex8(sum(1))
}

describe('createDigester', () => {
  test('returns the digest of the specification', () => {
    fc.assert(
      fc.property(rulesets, (ruleset) => {
        expect(createDigester()(ruleset)).toBe(specified(ruleset))
      }),
    )
  })

  test('returns zeros for an empty ruleset', () => {
    expect(createDigester()({ flags: {}, segments: {} })).toBe('0000000000000000')
  })

  test('returns the digest of a fresh digester after a patch', () => {
    fc.assert(
      fc.property(rulesets, rulesets, (one, other) => {
        const digest = createDigester()
        digest(one)
        const next = patch(one, diff(one, { ...other, version: one.version + 1 }))
        expect(digest(next)).toBe(specified(next))
      }),
    )
  })

  test('hashes an item once while it is the same object', () => {
    let reads = 0
    const counted = {
      ...flag,
      get on() {
        reads += 1
        return true
      },
    }
    const digest = createDigester()
    digest({ flags: { f: counted }, segments: {} })
    const first = reads

    digest({ flags: { f: counted, g: flag }, segments: { s: segment } })

    expect(first).toBeGreaterThan(0)
    expect(reads).toBe(first)
  })

  test('hashes segments if only flags are the same object, and the reverse', () => {
    const digest = createDigester()
    const flags = { f: flag }
    const segments = { s: segment }
    digest({ flags, segments })

    for (const next of [
      { flags, segments: {} },
      { flags: {}, segments },
    ])
      expect(digest(next)).toBe(specified(next))
  })

  test.for([
    ['under another key', { flags: { g: flag }, segments: {} }],
    ['as another kind', { flags: {}, segments: { f: flag as never } }],
    ['twice', { flags: { f: flag, g: flag }, segments: {} }],
  ] as const)('hashes an object again that appears %s', ([, ruleset]) => {
    const digest = createDigester()
    digest({ flags: { f: flag }, segments: {} })

    expect(digest(ruleset)).toBe(specified(ruleset))
    expect(digest(ruleset)).not.toBe(digest({ flags: { f: flag }, segments: {} }))
  })
})
