import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSseParser } from './sse.ts'

/** Everything that a parser says of some pieces. */
function parse(...pieces: readonly string[]) {
  const events: { type: string; data: string }[] = []
  const retries: number[] = []
  const feed = createSseParser({
    onEvent: (type, data) => events.push({ type, data }),
    onRetry: (ms) => retries.push(ms),
  })
  for (const piece of pieces) feed(piece)
  return { events, retries }
}

const line = fc.oneof(
  fc.constantFrom(
    'data',
    'data:',
    'data: a',
    'data:  b',
    ':',
    ': hello',
    'event: put',
    'event:',
    'id: 1',
    'id: a\0b',
  ),
  fc.constantFrom(
    'retry: 10',
    'retry: x',
    'retry:',
    'unknown: x',
    '',
    '',
    'data: Grüezi 👋',
    '\ufeffdata: c',
  ),
  fc.string({ maxLength: 5 }),
)
const ending = fc.constantFrom('\n', '\r', '\r\n')
const document = fc
  .array(fc.tuple(line, ending), { maxLength: 20 })
  .map((lines) => lines.map(([text, end]) => text + end).join(''))

describe('the parser', () => {
  test('says the same, however a stream is cut into pieces', () => {
    fc.assert(
      fc.property(document, fc.array(fc.nat(200), { maxLength: 20 }), (text, cuts) => {
        const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b)
        const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length))
        expect(parse(...pieces)).toEqual(parse(text))
      }),
      { numRuns: 5_000 },
    )
  })

  test('says the same, whichever line ends are used', () => {
    fc.assert(
      fc.property(fc.array(line.filter((text) => !/[\r\n]/.test(text))), (lines) => {
        const withEnd = (end: string) => parse(lines.map((text) => text + end).join(''))
        expect(withEnd('\r\n')).toEqual(withEnd('\n'))
        expect(withEnd('\r')).toEqual(withEnd('\n'))
      }),
    )
  })

  test.for([
    ['joins lines of data', 'data: a\ndata: b\n\n', [{ type: 'message', data: 'a\nb' }]],
    ['takes one space off', 'data:  a\n\n', [{ type: 'message', data: ' a' }]],
    ['leaves ids out', 'id: 7\ndata: a\n\n', [{ type: 'message', data: 'a' }]],
    ['leaves comments out', ': hello\n\ndata: a\n\n', [{ type: 'message', data: 'a' }]],
    ['leaves an event without data out', 'event: put\n\n', []],
    ['leaves an unfinished event out', 'data: a\n', []],
    [
      'forgets the type',
      'event: put\ndata: a\n\ndata: b\n\n',
      [
        { type: 'put', data: 'a' },
        { type: 'message', data: 'b' },
      ],
    ],
    ['takes an empty line of data', 'data\n\n', [{ type: 'message', data: '' }]],
  ] as const)('%s', ([, text, expected]) => {
    expect(parse(text).events).toEqual(expected)
  })

  test('tells when to come back', () => {
    expect(parse('retry: 1500\nretry: soon\nretry: -1\n').retries).toEqual([1500])
  })

  test('takes a line of 10 MB in small pieces in linear time', () => {
    const pieces = Array.from({ length: 10_000 }, () => 'x'.repeat(1_000))
    const start = performance.now()

    const { events } = parse('data: ', ...pieces, '\n\n')

    expect(events[0]!.data).toHaveLength(10_000_000)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
