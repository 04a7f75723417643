import { hex8 } from '../hash.ts'

const NUMBER = '(0|[1-9]\\d*)'
const PART = '(?:0|[1-9]\\d*|\\d*[a-z-][\\da-z-]*)'
const GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+[\\da-z-]+(?:\\.[\\da-z-]+)*)?$`,
  'i',
)

/**
 * Programs send few distinct versions: a repeated version is looked up here and allocates nothing.
 */
const cachedKeys = new Map<string, string | undefined>()
const MAX_CACHED_KEYS = 1_000
const MAX_CACHED_LENGTH = 64

/**
 * Returns a text that sorts as the version does by the precedence of Semantic Versioning 2.0.0;
 * undefined for a value that is not strictly a version. Each number follows its length, so that the
 * longer number sorts as the greater one.
 *
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function semverKey(version: unknown): string | undefined {
  if (typeof version !== 'string') return undefined
  if (cachedKeys.has(version)) return cachedKeys.get(version)
  const match = GRAMMAR.exec(version)
  const key = match === null ? undefined : sortKey(match)
  if (cachedKeys.size >= MAX_CACHED_KEYS) cachedKeys.clear()
  if (version.length <= MAX_CACHED_LENGTH) cachedKeys.set(version, key)
  return key
}

function sortKey([, major, minor, patch, prerelease]: RegExpExecArray): string {
  const core = [major!, minor!, patch!].map(numberKey).join('')
  // A release sorts after all of its prereleases.
  return core + (prerelease === undefined ? '~' : prerelease.split('.').map(partKey).join(''))
}

/** Numbers sort before texts; the terminator of a text sorts before every character of a text. */
function partKey(part: string): string {
  return /^\d+$/.test(part) ? `0${numberKey(part)}` : `1${part}!`
}

function numberKey(digits: string): string {
  return hex8(digits.length) + digits
}
