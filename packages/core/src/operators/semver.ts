import { hex8 } from '../hash.ts'

const NUMBER = '(0|[1-9]\\d*)'
const PART = '(?:0|[1-9]\\d*|\\d*[a-z-][\\da-z-]*)'
/** A version of a rule, or of a context: `v` and missing numbers are accepted there. */
const GRAMMAR = /* @__PURE__ */ new RegExp(
  `^(v?)${NUMBER}(?:\\.${NUMBER})?(?:\\.${NUMBER})?(?:-(${PART}(?:\\.${PART})*))?(?:\\+[\\da-z-]+(?:\\.[\\da-z-]+)*)?$`,
  'i',
)
/** The longest number that is compared in place; it is below 2³⁰. */
const MAX_DIGITS = 9

/** A version of a rule, in its form for comparison. */
export interface Version {
  readonly core: readonly [major: number, minor: number, patch: number]
  readonly isRelease: boolean
  /** A text that sorts as the version does. */
  readonly key: string
}

/** Returns the version of a rule; undefined for a value that is not strictly a version. */
export function parseVersion(value: unknown): Version | undefined {
  const match = typeof value === 'string' ? GRAMMAR.exec(value) : null
  const [, prefix, major, minor, patch, prerelease] = match ?? []
  if (match === null || prefix !== '' || patch === undefined) return undefined
  return {
    core: [Number(major), Number(minor), Number(patch)],
    isRelease: prerelease === undefined,
    key: sortKey(match),
  }
}

/**
 * Compares a version of a context with one of a rule by the precedence of Semantic Versioning
 * 2.0.0. Returns -1, 0 or 1, and undefined for a value that is not a version. Completes `v2.1` to
 * `2.1.0`. A release with numbers of usual length is compared in place, which allocates nothing.
 *
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function compareVersion(value: unknown, { core, isRelease, key }: Version) {
  if (typeof value !== 'string') return undefined
  const { length } = value
  let part = 0
  let order = 0
  let number = 0
  let digits = 0
  const first = value.charCodeAt(0) | CASE
  for (let i = first === V ? 1 : 0; i <= length; i += 1) {
    const code = i === length ? DOT : value.charCodeAt(i)
    if (code >= ZERO && code <= NINE && digits < MAX_DIGITS && !(digits === 1 && number === 0)) {
      number = number * 10 + code - ZERO
      digits += 1
    } else {
      if (code !== DOT || digits === 0 || part === 3) return compareKey(value, key)
      const wanted = core[part]!
      if (order === 0 && number !== wanted) order = number < wanted ? -1 : 1
      part += 1
      number = 0
      digits = 0
    }
  }
  for (; part < 3; part += 1) if (order === 0 && core[part]! > 0) order = -1
  return order === 0 && !isRelease ? 1 : order
}

const DOT = 46
const V = 118
/** Turns a capital into a small letter. */
const CASE = 32
const ZERO = 48
const NINE = 57

function compareKey(version: string, wanted: string) {
  const key = semverKey(version)
  if (key === undefined) return undefined
  if (key === wanted) return 0
  return key < wanted ? -1 : 1
}

/**
 * Programs send few distinct versions: a repeated version is looked up here and allocates nothing.
 */
const cachedKeys = /* @__PURE__ */ new Map<string, string | undefined>()
const MAX_CACHED_KEYS = 1_000
const MAX_CACHED_LENGTH = 64

/**
 * Returns a text that sorts as the completed version does; undefined for a text that is not a
 * version. Each number follows its length, so that the longer number sorts as the greater one.
 */
function semverKey(version: string): string | undefined {
  if (cachedKeys.has(version)) return cachedKeys.get(version)
  const match = GRAMMAR.exec(version)
  const key = match === null ? undefined : sortKey(match)
  if (cachedKeys.size >= MAX_CACHED_KEYS) cachedKeys.clear()
  if (version.length <= MAX_CACHED_LENGTH) cachedKeys.set(version, key)
  return key
}

function sortKey([, , major, minor = '0', patch = '0', prerelease]: RegExpExecArray): string {
  const core = [major!, minor, patch].map(numberKey).join('')
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
