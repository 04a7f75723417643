import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { jsonDefect } from './json-defect.ts'

describe('the defect of a text that is not JSON', () => {
  test.for([
    ['', 'the body ends at line 1, column 1, where a value was expected'],
    ['{', 'the body ends at line 1, column 2, where a member name in double quotes or "}"'],
    ['{"a": tru}', 'found "tru" at line 1, column 7, where a value was expected'],
    ['{"a": 01}', 'found "01" at line 1, column 7, where a value was expected'],
    ["{'a': 1}", 'found "\'" at line 1, column 2, where a member name in double quotes or "}"'],
    ['{"a": 1,}', 'found "}" at line 1, column 9, where a member name in double quotes was'],
    ['{\n  "a" 1\n}', 'found "1" at line 2, column 7, where ":" was expected'],
    ['{\n  "a": 1\n  "b": 2\n}', 'found "\\"" at line 3, column 3, where "," or "}" was expected'],
    ['[1, 2', 'the body ends at line 1, column 6, where "," or "]" was expected'],
    ['[1}', 'found "}" at line 1, column 3, where "," or "]" was expected'],
    ['{} {}', 'found "{" at line 1, column 4, where the end of the body was expected'],
    ['"a\nb"', 'found "\\"" at line 1, column 1, where a value was expected'],
    ['reason=broken', 'found "reason" at line 1, column 1, where a value was expected'],
    ['[😀]', 'found "😀" at line 1, column 2, where a value or "]" was expected'],
  ] as const)('%j names its place', ([text, message]) => {
    expect(jsonDefect(text)).toContain(`The body is not JSON: ${message}`)
  })

  test('exists for exactly the texts that JSON.parse refuses', () => {
    const parses = (text: string) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', ':', '1', ' ', '\\', 'e'))
      .map(([text, at, char]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + char + text.slice(place + 1)
      })
    fc.assert(
      fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
        expect(jsonDefect(text) === undefined).toBe(parses(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('is found in a long text in linear time', () => {
    const text = `[${'{"a": "x\\n", "b": [1, 2, 3]}, '.repeat(200_000)}`
    const start = performance.now()

    expect(jsonDefect(text)).toContain('the body ends')
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
