import { hex8 } from '../hash.ts'

const NUMBER = '(0|[1-9]\\d*)'
const PART = '(?:0|[1-9]\\d*|\\d*[a-z-][\\da-z-]*)'
const GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+[\\da-z-]+(?:\\.[\\da-z-]+)*)?$`,
  'i',
)

/** Programs come in few versions: so many are remembered, and asking again allocates nothing. */
const MOST_KEYS = 1_000
const MOST_KEPT_LENGTH = 64
const known = new Map<string, string | undefined>()

/**
 * A text that sorts as a version does by the precedence of Semantic Versioning 2.0.0; undefined for what is not strictly a
 * version. Numbers of any length stand behind their length, so that the longer one is greater.
 *
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function semverKey(version: unknown): string | undefined {
  if (typeof version !== 'string') return undefined
  if (known.has(version)) return known.get(version)
  const match = GRAMMAR.exec(version)
  const key = match === null ? undefined : keyOf(match)
  if (known.size >= MOST_KEYS) known.clear()
  if (version.length <= MOST_KEPT_LENGTH) known.set(version, key)
  return key
}

function keyOf([, major, minor, patch, prerelease]: RegExpExecArray): string {
  const core = [major!, minor!, patch!].map(numberKey).join('')
  // Without a prerelease it comes after every prerelease.
  return core + (prerelease === undefined ? '~' : prerelease.split('.').map(partKey).join(''))
}

/** Numbers before texts; behind a text stands what is less than every character of one. */
function partKey(part: string): string {
  return /^\d+$/.test(part) ? `0${numberKey(part)}` : `1${part}!`
}

function numberKey(digits: string): string {
  return hex8(digits.length) + digits
}
