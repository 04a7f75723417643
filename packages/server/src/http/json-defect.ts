type Expectation = keyof typeof EXPECTED

const EXPECTED = {
  value: 'a value',
  firstItem: 'a value or "]"',
  firstName: 'a member name in double quotes or "}"',
  name: 'a member name in double quotes',
  colon: '":"',
  nextItem: '"," or "]"',
  nextMember: '"," or "}"',
  end: 'the end of the body',
} as const

const SPACE = /[ \t\n\r]*/y
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const PLAIN = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y
const BYTE_ORDER_MARK = '\ufeff'
const MAX_SHOWN = 20

/**
 * Describes the first defect of a text that is not JSON, with its line and column. The messages of
 * the engine differ by version, and many lack the position.
 * @returns undefined if the text is JSON
 */
export function jsonDefect(given: string): string | undefined {
  const text = given.startsWith(BYTE_ORDER_MARK) ? given.slice(1) : given
  const closers: string[] = []
  let expected: Expectation = 'value'
  let at = end(SPACE, text, 0)!
  while (at < text.length) {
    const step = read(text, at, expected, closers)
    if (step === undefined) return describe(text, at, expected)
    expected = step.expected
    at = end(SPACE, text, step.at)!
  }
  return expected === 'end' ? undefined : describe(text, at, expected)
}

interface Step {
  readonly at: number
  readonly expected: Expectation
}

/** Reads one token. Returns undefined if it is not among the expected ones. */
function read(
  text: string,
  at: number,
  expected: Expectation,
  closers: string[],
): Step | undefined {
  const char = text[at]!
  const next = (wanted: Expectation): Step => ({ at: at + 1, expected: wanted })
  switch (expected) {
    case 'colon':
      return char === ':' ? next('value') : undefined
    case 'nextItem':
    case 'nextMember':
      if (char === ',') return next(expected === 'nextItem' ? 'value' : 'name')
      return close(char, next, closers)
    case 'firstName':
    case 'name': {
      if (expected === 'firstName' && char === '}') return close(char, next, closers)
      const after = end(STRING, text, at)
      return after === undefined ? undefined : { at: after, expected: 'colon' }
    }
    case 'end':
      return undefined
    default:
      if (expected === 'firstItem' && char === ']') return close(char, next, closers)
      return readValue(text, at, next, closers)
  }
}

function readValue(
  text: string,
  at: number,
  next: (wanted: Expectation) => Step,
  closers: string[],
): Step | undefined {
  const char = text[at]!
  if (char === '{' || char === '[') {
    closers.push(char === '{' ? '}' : ']')
    return next(char === '{' ? 'firstName' : 'firstItem')
  }
  const after = end(STRING, text, at) ?? end(PLAIN, text, at)
  return after === undefined ? undefined : { at: after, expected: afterValue(closers) }
}

function close(
  char: string,
  next: (wanted: Expectation) => Step,
  closers: string[],
): Step | undefined {
  if (char !== closers.at(-1)) return undefined
  closers.pop()
  return next(afterValue(closers))
}

function afterValue(closers: readonly string[]): Expectation {
  const closer = closers.at(-1)
  if (closer === undefined) return 'end'
  return closer === '}' ? 'nextMember' : 'nextItem'
}

/** The end of a token that starts at a position; undefined if none does. */
function end(token: RegExp, text: string, at: number): number | undefined {
  token.lastIndex = at
  return token.test(text) ? token.lastIndex : undefined
}

function describe(text: string, at: number, expected: Expectation): string {
  const before = text.slice(0, at).split('\n')
  const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`
  const found = /^(?:[\w.+-]+|.)?/su.exec(text.slice(at, at + MAX_SHOWN))![0]
  const what = found === '' ? 'the body ends' : `found ${JSON.stringify(found)}`
  return `The body is not JSON: ${what} at ${place}, where ${EXPECTED[expected]} was expected.`
}
