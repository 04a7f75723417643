import { MAX_GLOB_LENGTH } from '../limits.ts'

/** An escape, a closed character class, or one code point. */
const TOKEN = /\\(.)|\[(?:([!^])|(?![!^]))((?:\\.|[^\\])(?:\\.|[^\]\\])*)\]|./gsu
const RANGE = /(\\.|.)(?:-(\\.|.))?/gsu

/**
 * Returns a test of whole texts against a glob: `*`, `?`, `[…]`, `\` (`docs/spec.md` §4). Returns
 * undefined for a pattern over the length limit. The test matches the part between two stars once,
 * at its first place: the regular expression never re-enters a lookahead, so the time is at most
 * text length times pattern length.
 */
export function globTest(pattern: string): ((text: string) => boolean) | undefined {
  if ([...pattern].length > MAX_GLOB_LENGTH) return undefined
  const parts = ['']
  for (const [token, escaped, negation, members] of pattern.matchAll(TOKEN)) {
    if (token === '*') parts.push('')
    else if (token === '?') parts[parts.length - 1] += '.'
    else
      parts[parts.length - 1] += members
        ? classSource(members, negation)
        : literalSource(escaped ?? token)
  }
  const last = parts.length - 1
  const source = parts.map((part, i) => {
    if (i === 0) return part
    return i === last ? `.*${part}` : `(?=(.*?${part}))\\${i}`
  })
  const expression = new RegExp(`^${source.join('')}$`, 'su')
  return (text) => expression.test(text)
}

function classSource(members: string, negation = ''): string {
  const ranges = [...members.matchAll(RANGE)].map(([, low = '', high = low]) =>
    codePointOf(low) <= codePointOf(high) ? `${literalSource(low)}-${literalSource(high)}` : '',
  )
  return `[${negation && '^'}${ranges.join('')}]`
}

/**
 * A code point as a regular expression that matches it alone, even where the character has a
 * meaning.
 */
function literalSource(member: string): string {
  return `\\u{${codePointOf(member).toString(16)}}`
}

/** The code point of a glob member, escaped or plain. */
function codePointOf(member: string): number {
  return [...member].at(-1)!.codePointAt(0)!
}
