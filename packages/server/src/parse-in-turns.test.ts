import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { parseInTurns } from './parse-in-turns.ts'

/** JSON of some values beside long ones, with whitespace as in a file that a person wrote. */
const texts = fc
  .array(fc.oneof(fc.jsonValue(), fc.constant({ '"\\': 'a"]}\\', '\u2028': ['[,{'] })), {
    minLength: 1,
    maxLength: 8,
  })
  .chain((values) =>
    fc
      .record({ copies: fc.integer({ min: 2_000, max: 8_000 }), space: fc.constantFrom(0, 1) })
      .map(({ copies, space }) => {
        const long = Array.from({ length: copies }, (_, i) => values[i % values.length])
        const named = Object.fromEntries(long.map((value, i) => [`${i}`, value]))
        return JSON.stringify({ short: values, long, named, again: { long } }, null, space)
      }),
  )

describe('parseInTurns', () => {
  test('leads to the value that JSON.parse leads to, in the same order of members', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(JSON.stringify(await parseInTurns(text))).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 8 },
    )
  })

  const long = `[${'"x",'.repeat(100_000)}"x"]`
  const single = `["${'x'.repeat(300_000)}"]`
  test.for([
    ['a member is missing at the end', `{"a":${long},}`],
    ['a member is missing in between', `{"a":${long},,"b":1}`],
    ['a list ends twice', `${long}]`],
    ['a list ends as an object', `${long.slice(0, -1)}}`],
    ['a text follows', `${long} x`],
    ['values follow', `${single} 1 ${single}`],
    ['a space that JSON lacks comes first', `\u00a0${long}`],
    ['a space that JSON lacks follows', `${long}\u00a0`],
    ['a colon is missing', `{"a"${long}}`],
    ['a string does not end', `${long.slice(0, -2)}]`],
    ['there is nothing but whitespace', ' '.repeat(300_000)],
  ] as const)('fails as JSON.parse does where %s', async ([, text]) => {
    const error = await parseInTurns(text).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SyntaxError)
    expect(() => JSON.parse(text)).toThrow((error as Error).message)
  })

  test('keeps a name that a parser refuses together with its value', async () => {
    const refused: string[] = []
    const parse = (text: string) => {
      if (text.includes('__proto__') && text.includes('"x"')) refused.push(text)
      return JSON.parse(text)
    }
    await parseInTurns(`{"a":${long},"__proto__":${long}}`, parse)
    expect(refused).toHaveLength(1)
  })

  test('lets other work run in between', async () => {
    let turns = 0
    let isParsed = false
    const count = () => {
      turns += 1
      if (!isParsed) setImmediate(count)
    }
    setImmediate(count)
    await parseInTurns(`[${Array.from({ length: 20 }, () => long).join()}]`)
    isParsed = true
    expect(turns).toBeGreaterThan(5)
  })
})
