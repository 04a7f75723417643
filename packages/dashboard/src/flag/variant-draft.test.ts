import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { type FlagType, valueDefect, variantDraftOf, variantOf } from './variant-draft.ts'

const VALUES: Readonly<Record<FlagType, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  string: fc.string({ unit: 'grapheme' }),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  json: fc.jsonValue(),
}

describe('a variant', () => {
  test.for(Object.entries(VALUES))(
    'of type %s is the same after it was shown in a form',
    ([type, values]) => {
      const flagType = type as FlagType
      fc.assert(
        fc.property(values, fc.string(), (value, description) => {
          const variant = { key: 'one', value, ...(description && { description }) }
          const draft = variantDraftOf(variant, flagType)
          expect(valueDefect(draft.value, flagType)).toBeUndefined()
          // JSON has no negative zero.
          expect(JSON.stringify(variantOf(draft, flagType))).toBe(JSON.stringify(variant))
        }),
      )
    },
  )

  test.for([
    ['number', 'twenty'],
    ['number', ' '],
    ['number', '1,5'],
    ['number', 'Infinity'],
    ['json', '{"a": b}'],
    ['json', 'text'],
  ] as const)('of type %s cannot have the value %s', ([type, text]) => {
    expect(valueDefect(text, type)).toBeDefined()
  })
})
