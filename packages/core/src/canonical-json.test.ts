import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { canonicalJson } from './canonical-json.ts'

const json = fc.jsonValue({ maxDepth: 4 })

describe('canonicalJson', () => {
  test.for([
    [
      'members in the order of their UTF-16 units',
      { b: 1, a: 2, ä: 3, A: 4 },
      '{"A":4,"a":2,"b":1,"ä":3}',
    ],
    // U+1F600 is above U+FB33 as a code point, and below it as a UTF-16 unit (RFC 8785 §3.2.3).
    [
      'surrogates below the last of the basic plane',
      { '\ufb33': 1, '😀': 2 },
      '{"😀":2,"\ufb33":1}',
    ],
    ['keys that look like numbers as text', { 10: 1, 9: 2, '': 3 }, '{"":3,"10":1,"9":2}'],
    [
      'numbers as ECMAScript does',
      [1e21, 1e-7, 0.1, -0, 4.5, 1 / 3],
      '[1e+21,1e-7,0.1,0,4.5,0.3333333333333333]',
    ],
    ['only the escapes that JSON needs', '\u20ac$\u000f\nA\'B"\\/', '"€$\\u000f\\nA\'B\\"\\\\/"'],
    ['no member that is undefined', { a: undefined, b: null }, '{"b":null}'],
    [
      'members that records inherit as data',
      JSON.parse('{"constructor":1,"__proto__":2}'),
      '{"__proto__":2,"constructor":1}',
    ],
    ['nothing as null', [undefined], '[null]'],
  ] as const)('writes %s', ([, value, text]) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('returns the same text for values that differ only in the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      }),
    )
  })

  test('returns JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('writes values nested a thousand levels deep', () => {
    const deep = '['.repeat(1_000) + ']'.repeat(1_000)

    expect(canonicalJson(JSON.parse(deep))).toBe(deep)
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const)
  return Object.fromEntries(members.reverse())
}
