import type { Ruleset } from '@flaghoist/core'
import { runAtOnce } from '@flaghoist/core/internal'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { rulesetBytes } from './ruleset-bytes.ts'

/** Records of one member of a thousand times its text, so that some have several pieces. */
const items = fc.dictionary(
  fc.string({ unit: 'binary' }),
  fc.oneof(
    fc.jsonValue(),
    fc.string().map((text) => text.repeat(10_000)),
  ),
  { maxKeys: 6 },
)
const rulesets = fc.record(
  {
    spec: fc.constant(1),
    epoch: fc.string(),
    version: fc.nat(),
    flags: items,
    segments: items,
    hash: fc.option(fc.string(), { nil: undefined }),
  },
  { requiredKeys: [] },
)

test('writes the bytes of JSON.stringify, between the texts around them', () => {
  fc.assert(
    fc.property(rulesets, (ruleset) => {
      fc.pre(Object.keys(ruleset).length > 0)
      const bytes = runAtOnce(rulesetBytes(ruleset as unknown as Ruleset, 'data: ', '\n\n'))
      expect(bytes.toString()).toBe(`data: ${JSON.stringify(ruleset)}\n\n`)
    }),
  )
})

test('takes several steps for a large ruleset', () => {
  const flags = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 'x'.repeat(10_000)]))
  const steps = [...rulesetBytes({ flags } as unknown as Ruleset)]
  expect(steps.length).toBeGreaterThan(10)
})
