import { KEY_PATTERN } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fc } from '../../../../test-support/fast-check.ts'
import { ITEM } from './item-limits.ts'
import { ExposureItem, OutcomeItem } from './schemas.ts'
import { isUsualExposure, isUsualOutcome } from './usual-items.ts'

const units = fc.array(fc.stringMatching(ITEM.unit), { minLength: 1, maxLength: 5 })
const shared = {
  flag: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,99}$/),
  variant: fc.stringMatching(KEY_PATTERN),
  revision: fc.integer({ min: 1 }),
  minute: fc.maxSafeNat(),
  instance: fc.string(),
  arm: fc.constantFrom(...ITEM.arms),
  rule: fc.string(),
}
const optional = ['variant', 'instance', 'arm', 'rule', 'units', 'buckets'] as const
const exposures = fc.record(
  {
    ...shared,
    reason: fc.constantFrom(...ITEM.reasons),
    count: fc.integer({ min: 1, max: ITEM.count }),
    units,
  },
  { requiredKeys: ['flag', 'revision', 'minute', 'reason', 'count'] },
)
const outcomes = fc.record(
  {
    ...shared,
    metric: fc.stringMatching(KEY_PATTERN),
    units,
    buckets: fc.array(fc.integer({ min: 0, max: ITEM.lastBucket }), { maxLength: 5 }),
  },
  { requiredKeys: ['flag', 'revision', 'minute', 'metric', 'units'] },
)

/** Values at the borders of what a member may hold, and beyond them. */
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 0, 0.5, 1e9, 1e9 + 1, 2 ** 53, 1e300, 127, 128, '', 'a/b', 'A', 'a~b'),
  fc.constantFrom('a'.repeat(100), 'a'.repeat(101), 'a'.repeat(1_000), 'a'.repeat(1_001)),
  fc.constantFrom([], ['0123456789abcdeF'], ['0123456789abcdef\n'], [null], [-0], [128]),
  fc.constantFrom('STATIC', 'ERROR', 'static', 'treatment', 'Control', '0123456789abcdef'),
  fc.constantFrom(5_000, 5_001).map((length) => Array.from({ length }, () => '0'.repeat(16))),
)
const members = fc.oneof(
  fc.constantFrom('flag', 'revision', 'minute', 'reason', 'count', 'metric', ...optional),
  fc.string(),
)

describe.each([
  ['exposure', ExposureItem, isUsualExposure, exposures],
  ['outcome', OutcomeItem, isUsualOutcome, outcomes],
] as const)('the fast path of an %s', (_, schema, isUsual, valid) => {
  // An object of the same members has no fast path.
  const strict = z.object(schema.shape)

  test('takes every valid item', () => {
    fc.assert(
      fc.property(valid as fc.Arbitrary<object>, (item) => {
        expect(isUsual(item)).toBe(true)
        expect(strict.parse(item)).toEqual(item)
      }),
    )
  })

  test('takes no item that the schema refuses or changes', () => {
    let refused = 0
    fc.assert(
      fc.property(valid as fc.Arbitrary<object>, members, odd, (item, member, value) => {
        const changed: unknown = { ...item, [member]: value }
        const usual = isUsual(changed)
        if (!usual) refused += 1
        expect(usual ? strict.safeParse(changed).data : changed).toEqual(changed)
      }),
      { numRuns: 3_000 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  test.each([null, undefined, 1, 'text', [], [1]])('leaves %j to the schema', (value) => {
    expect(isUsual(value)).toBe(false)
  })
})
