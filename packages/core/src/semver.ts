/** A version of Semantic Versioning 2.0.0; build metadata has no precedence and is not kept. */
export interface Semver {
  readonly core: readonly [major: string, minor: string, patch: string]
  readonly prerelease: readonly string[]
  /** The core as numbers, where each is small enough to be exact and no prerelease stands behind it. */
  readonly plain: readonly [number, number, number] | undefined
}

const NUMBER = '(0|[1-9][0-9]*)'
const PRERELEASE_PART = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
const GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PRERELEASE_PART}(?:\\.${PRERELEASE_PART})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)
const MAX_PLAIN_DIGITS = 9

/** The parts of a version, or undefined where the text is not strictly one. */
export function parseSemver(text: string): Semver | undefined {
  const match = GRAMMAR.exec(text)
  if (match === null) return undefined

  const core = [match[1]!, match[2]!, match[3]!] as const
  const prerelease = match[4]?.split('.') ?? []
  const isPlain = prerelease.length === 0 && core.every((part) => part.length <= MAX_PLAIN_DIGITS)
  return {
    core,
    prerelease,
    plain: isPlain ? [Number(core[0]), Number(core[1]), Number(core[2])] : undefined,
  }
}

/**
 * Compares a text with a version by SemVer's precedence: negative, zero or positive; NaN where the text is
 * not a version, so that every comparison with it is false.
 *
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function compareToSemver(text: string, version: Semver): number {
  return comparePlain(text, version) ?? compareParsed(text, version)
}

/** `1.2.3` against `1.2.3`, without allocating; undefined where either is not that simple. */
function comparePlain(text: string, { plain }: Semver): number | undefined {
  if (plain === undefined) return undefined
  let field = 0
  let value = 0
  let digits = 0
  let order = 0
  for (let i = 0; i <= text.length; i += 1) {
    const code = i === text.length ? 46 : text.charCodeAt(i)
    if (code >= 48 && code <= 57) {
      if (digits > 0 && value === 0) return undefined
      value = value * 10 + code - 48
      digits += 1
      if (digits > MAX_PLAIN_DIGITS) return undefined
    } else {
      if (code !== 46 || digits === 0 || field > 2) return undefined
      if (order === 0) order = value - plain[field]!
      field += 1
      value = 0
      digits = 0
    }
  }
  return field === 3 ? order : undefined
}

function compareParsed(text: string, version: Semver): number {
  const other = parseSemver(text)
  if (other === undefined) return Number.NaN

  for (let i = 0; i < 3; i += 1) {
    const order = compareDigits(other.core[i]!, version.core[i]!)
    if (order !== 0) return order
  }
  return comparePrerelease(other.prerelease, version.prerelease)
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  // A version without a prerelease comes after every prerelease of it.
  if (a.length === 0 || b.length === 0) return b.length - a.length

  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i += 1) {
    const order = comparePart(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function comparePart(a: string, b: string): number {
  const aIsNumber = isDigits(a)
  if (aIsNumber !== isDigits(b)) return aIsNumber ? -1 : 1
  return aIsNumber ? compareDigits(a, b) : compareText(a, b)
}

/** Numbers of any length: without leading zeros, the longer one is greater. */
function compareDigits(a: string, b: string): number {
  return a.length - b.length || compareText(a, b)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text)
}
