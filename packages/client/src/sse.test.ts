import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
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

/**
 * The algorithm of the WHATWG, translated sentence by sentence.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
function reference(stream: string) {
  const events: { type: string; data: string }[] = []
  const retries: number[] = []
  let [dataBuffer, typeBuffer] = ['', '']
  const dispatch = () => {
    const data = dataBuffer.endsWith('\n') ? dataBuffer.slice(0, -1) : dataBuffer
    if (dataBuffer !== '') events.push({ type: typeBuffer === '' ? 'message' : typeBuffer, data })
    dataBuffer = ''
    typeBuffer = ''
  }
  const processField = (field: string, value: string) => {
    if (field === 'event') typeBuffer = value
    else if (field === 'data') dataBuffer += `${value}\n`
    else if (field === 'retry' && value !== '' && [...value].every((c) => '0123456789'.includes(c)))
      retries.push(Number(value))
  }
  const text = stream.startsWith('\ufeff') ? stream.slice(1) : stream
  let current = ''
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] !== '\n' && text[i] !== '\r') {
      current += text[i]
      continue
    }
    if (text[i] === '\r' && text[i + 1] === '\n') i += 1
    const colon = current.indexOf(':')
    if (current === '') dispatch()
    else if (colon < 0) processField(current, '')
    else if (colon > 0) {
      const value = current.slice(colon + 1)
      processField(current.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value)
    }
    current = ''
  }
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
    'retry: 0012345678901',
    'retry: x',
    'retry: 1.5',
    'retry:  7',
    'retry:',
    'retry',
    'id',
    'event',
    ' data: a',
    'data : a',
    'Data: a',
    'data:: a',
    'data:\0',
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
  .chain((text) => fc.constantFrom(text, `\ufeff${text}`, `\ufeff\ufeff${text}`, `${text}data: z`))

describe('the parser', () => {
  test('follows the algorithm of the WHATWG', () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(parse(text)).toEqual(reference(text))
      }),
      { numRuns: 10_000 },
    )
  })

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
    ['drops a byte order mark', '\ufeffdata: a\n\n', [{ type: 'message', data: 'a' }]],
    ['drops one byte order mark, at the start', '\n\ufeffdata: a\n\n', []],
    ['ignores an id with NUL', 'id: a\0b\ndata: a\n\n', [{ type: 'message', data: 'a' }]],
  ] as const)('%s', ([, text, expected]) => {
    expect(parse(text).events).toEqual(expected)
  })

  test('tells when to come back', () => {
    const text = 'retry: 1500\nretry: soon\nretry: -1\nretry: ١\nretry: 0010000000000\n'
    expect(parse(text).retries).toEqual([1_500, 10_000_000_000])
  })

  test('distinguishes parts of events from comments and blank lines, in any pieces', () => {
    const feed = createSseParser({ onEvent() {}, onRetry() {} })
    const answers = [
      ':',
      ' data: a\n',
      '\n',
      'dat',
      'a',
      ': 1',
      '\r',
      '\n:',
      'x\n',
      ':\nevent: put',
    ]

    expect(answers.filter((piece) => feed(piece))).toEqual([
      'dat',
      'a',
      ': 1',
      '\r',
      ':\nevent: put',
    ])
  })

  test('takes a line of 10 MB in small pieces in linear time', () => {
    const pieces = Array.from({ length: 10_000 }, () => 'x'.repeat(1_000))
    const start = performance.now()

    const { events } = parse('data: ', ...pieces, '\n\n')

    expect(events[0]!.data).toHaveLength(10_000_000)
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
