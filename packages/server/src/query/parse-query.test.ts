import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { parseQuery } from './parse-query.ts'

const KNOWN = ['state', 'owner', 'tag']
const parse = (text: string) => parseQuery(text, KNOWN)

describe('a query', () => {
  test.for([
    ['', []],
    ['checkout', [{ values: ['checkout'] }]],
    ['state:on', [{ qualifier: 'state', values: ['on'] }]],
    ['state:on,held', [{ qualifier: 'state', values: ['on', 'held'] }]],
    ['-state:on', [{ qualifier: 'state', values: ['on'], isNegated: true }]],
    ['-checkout', [{ values: ['checkout'], isNegated: true }]],
    ['tag:team:checkout', [{ qualifier: 'tag', values: ['team:checkout'] }]],
    ['owner:"Ada, Bob",cy', [{ qualifier: 'owner', values: ['Ada, Bob', 'cy'] }]],
    ['"one page"', [{ values: ['one page'] }]],
    ['"owner:ada"', [{ values: ['owner:ada'] }]],
    ['owner:"ada', [{ qualifier: 'owner', values: ['ada'] }]],
    ['  a  b ', [{ values: ['a'] }, { values: ['b'] }]],
  ] as const)('reads %s', ([text, terms]) => {
    expect(parse(text)).toEqual(
      terms.map((term) => ({ qualifier: undefined, isNegated: false, ...term })),
    )
  })

  test.for([
    ['stat:on', 'The query has no qualifier "stat". Did you mean "state"?'],
    ['xyz:on', 'The query has no qualifier "xyz". Use one of state, owner, tag.'],
    ['owner:', 'The term owner: of the query has no value.'],
    ['owner: ada', 'The term owner: of the query has no value.'],
    ['owner:""', 'The term owner:"" of the query has no value.'],
    ['-', 'The term - of the query has no value.'],
  ] as const)('refuses %s', ([text, problem]) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'REQUEST_INVALID',
        message: expect.stringContaining(problem),
      }),
    )
  })

  test('reads what was written, whatever the values', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replace(/"/g, '_'))
    const terms = fc.array(
      fc.record({
        qualifier: fc.constantFrom(undefined, ...KNOWN),
        values: fc.array(word, { minLength: 1 }),
        isNegated: fc.boolean(),
      }),
    )
    fc.assert(
      fc.property(terms, (written) => {
        const text = written.map(({ qualifier, values, isNegated }) => {
          const quoted = values.map((value) => `"${value}"`).join(',')
          return `${isNegated ? '-' : ''}${qualifier === undefined ? '' : `${qualifier}:`}${quoted}`
        })
        expect(parse(text.join(' '))).toEqual(written)
      }),
    )
  })
})
