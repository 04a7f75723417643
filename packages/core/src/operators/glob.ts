/** Longer globs match nothing, so that what one test costs is bounded; in code points. */
export const GLOB_LENGTH = 256

/** An escape, a class that has an end, or one code point. */
const TOKEN = /\\(.)|\[(?:([!^])|(?![!^]))((?:\\.|[^\\])(?:\\.|[^\]\\])*)\]|./gsu
const RANGE = /(\\.|.)(?:-(\\.|.))?/gsu

/**
 * A test for whole texts against a glob: `*`, `?`, `[…]`, `\` (`docs/spec.md` §4); undefined for a pattern that is
 * too long. What stands between two stars is looked for once, at its first place: a lookahead is never entered
 * again, so the time is at most the text's length times the pattern's.
 */
export function globTest(pattern: string): ((text: string) => boolean) | undefined {
  if ([...pattern].length > GLOB_LENGTH) return undefined
  const parts = ['']
  for (const [token, escaped, negation, members] of pattern.matchAll(TOKEN)) {
    if (token === '*') parts.push('')
    else if (token === '?') parts[parts.length - 1] += '.'
    else parts[parts.length - 1] += members ? classOf(members, negation) : literal(escaped ?? token)
  }
  const last = parts.length - 1
  const source = parts.map((part, i) => {
    if (i === 0) return part
    return i === last ? `.*${part}` : `(?=(.*?${part}))\\${i}`
  })
  const expression = new RegExp(`^${source.join('')}$`, 'su')
  return (text) => expression.test(text)
}

function classOf(members: string, negation = ''): string {
  const ranges = [...members.matchAll(RANGE)].map(([, low = '', high = low]) =>
    codeOf(low) <= codeOf(high) ? `${literal(low)}-${literal(high)}` : '',
  )
  return `[${negation && '^'}${ranges.join('')}]`
}

/** A code point as a regular expression means it, whatever stands for it there. */
function literal(member: string): string {
  return `\\u{${codeOf(member).toString(16)}}`
}

/** The code point of a member of a glob, which may be escaped. */
function codeOf(member: string): number {
  return [...member].at(-1)!.codePointAt(0)!
}
