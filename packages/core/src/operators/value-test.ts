import { hashIdentifier, unitText } from '../hash.ts'
import type { Clause } from '../ruleset/wire.ts'
import { isText } from '../shape.ts'
import { cidrTest } from './cidr.ts'
import { toEpochMs, toFinite } from './date.ts'
import { globTest } from './glob.ts'
import { compareVersion, parseVersion } from './semver.ts'

/** Tests one value of the context; total over all values. */
export type ValueTest = (value: unknown) => boolean
type TextTest = (text: string) => boolean

/** Operators on text: each returns a test for one of the clause's values. */
const TEXT: Readonly<Record<string, (text: string) => TextTest | undefined>> = {
  startsWith: (part) => (text) => text.startsWith(part),
  endsWith: (part) => (text) => text.endsWith(part),
  contains: (part) => (text) => text.includes(part),
  matches: globTest,
  cidr: cidrTest,
}

/** Returns a comparison with one value of a rule; undefined for a value outside the order. */
type Order = (wanted: unknown) => Comparison | undefined
/** Returns -1, 0 or 1; undefined for a value outside the order. */
type Comparison = (value: unknown) => number | undefined

const numbers: Order = (wanted) => comparison(toFinite(wanted), readNumber)
const dates: Order = (wanted) => comparison(toEpochMs(wanted), toEpochMs)
const versions: Order = (wanted) => {
  const version = parseVersion(wanted)
  return version && ((value) => compareVersion(value, version))
}

/** Operators on ordered values: the order, the matching side, and the result for equal values. */
const ORDERED: Readonly<Record<string, readonly [Order, -1 | 0 | 1, boolean]>> = {
  lt: [numbers, -1, false],
  lte: [numbers, -1, true],
  gt: [numbers, 1, false],
  gte: [numbers, 1, true],
  before: [dates, -1, false],
  after: [dates, 1, false],
  semverEq: [versions, 0, true],
  semverLt: [versions, -1, false],
  semverLte: [versions, -1, true],
  semverGt: [versions, 1, false],
  semverGte: [versions, 1, true],
}

/**
 * Returns the test of one value against all values of a clause; undefined for an unknown operator.
 * Numbers, dates, versions, globs and blocks are parsed once, here.
 */
export function valueTest(clause: Clause): ValueTest | undefined {
  const { op } = clause
  if (op === 'in') return equalityTest(clause)
  if (Object.hasOwn(TEXT, op)) return textTest(clause)
  return Object.hasOwn(ORDERED, op) ? orderTest(clause) : undefined
}

/** Returns the values of a clause of plain equality; undefined for any other clause. */
export function plainValues({ op, values, ignoreCase, salt }: Clause): Set<unknown> | undefined {
  return op === 'in' && ignoreCase !== true && salt === undefined ? new Set(values) : undefined
}

function equalityTest(clause: Clause): ValueTest {
  const { values, ignoreCase, salt } = clause
  const lowered = (value: unknown) =>
    ignoreCase === true && isText(value) ? value.toLowerCase() : value
  if (salt !== undefined) {
    const hashes = new Set<unknown>(values)
    return (value) => {
      const text = unitText(value)
      return text !== undefined && hashes.has(hashIdentifier(salt, lowered(text) as string))
    }
  }
  const wanted = new Set(values.map(lowered))
  return (value) => wanted.has(lowered(value))
}

function textTest({ op, values, ignoreCase }: Clause): ValueTest {
  const lowered = (text: string) => (ignoreCase === true ? text.toLowerCase() : text)
  const tests = values
    .filter(isText)
    .map((value) => TEXT[op]!(lowered(value)))
    .filter((test) => test !== undefined)
  const test = anyOf(tests)
  return (value) => isText(value) && test(lowered(value))
}

/** Matches any of several bounds. */
function orderTest({ op, values }: Clause): ValueTest {
  const [order, side, orEqual] = ORDERED[op]!
  const tests = values.flatMap((wanted): ValueTest[] => {
    const compare = order(wanted)
    if (compare === undefined) return []
    return [
      (value) => {
        const found = compare(value)
        return found === 0 ? orEqual : found === side
      },
    ]
  })
  return anyOf(tests)
}

/** A number as JSON writes it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i

/** Returns a number of a context, which may be text; undefined for any other value. */
function readNumber(value: unknown): number | undefined {
  return toFinite(isText(value) && NUMBER.test(value) ? Number(value) : value)
}

function comparison(
  bound: number | undefined,
  read: (value: unknown) => number | undefined,
): Comparison | undefined {
  if (bound === undefined) return undefined
  return (value) => {
    const number = read(value)
    if (number === undefined) return undefined
    if (number === bound) return 0
    return number < bound ? -1 : 1
  }
}

/** Returns a test that matches if any of the tests does. */
function anyOf<T>(tests: readonly ((value: T) => boolean)[]): (value: T) => boolean {
  const [only] = tests
  if (tests.length === 1) return only!
  return (value) => {
    for (const test of tests) if (test(value)) return true
    return false
  }
}
