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

/** The results for values below, equal to and above a value of a rule. */
type Sides = readonly [below: boolean, equal: boolean, above: boolean]
/** Returns the test against one value of a rule; undefined for a value outside the order. */
type Order = (wanted: unknown, sides: Sides) => ValueTest | undefined

const numbers: Order = (wanted, sides) => {
  const bound = toFinite(wanted)
  return bound === undefined ? undefined : (value) => isOnSide(readNumber(value), bound, sides)
}
const dates: Order = (wanted, sides) => {
  const bound = toEpochMs(wanted)
  return bound === undefined ? undefined : (value) => isOnSide(toEpochMs(value), bound, sides)
}
const versions: Order = (wanted, sides) => {
  const version = parseVersion(wanted)
  if (version === undefined) return undefined
  return (value) => {
    const order = compareVersion(value, version)
    return order !== undefined && sides[order + 1]!
  }
}

const LESS: Sides = [true, false, false]
const AT_MOST: Sides = [true, true, false]
const EQUAL: Sides = [false, true, false]
const AT_LEAST: Sides = [false, true, true]
const MORE: Sides = [false, false, true]

/** Operators on ordered values: the order, and the sides that match. */
const ORDERED: Readonly<Record<string, readonly [Order, Sides]>> = {
  lt: [numbers, LESS],
  lte: [numbers, AT_MOST],
  gt: [numbers, MORE],
  gte: [numbers, AT_LEAST],
  before: [dates, LESS],
  after: [dates, MORE],
  semverEq: [versions, EQUAL],
  semverLt: [versions, LESS],
  semverLte: [versions, AT_MOST],
  semverGt: [versions, MORE],
  semverGte: [versions, AT_LEAST],
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
  const [order, sides] = ORDERED[op]!
  return anyOf(values.map((wanted) => order(wanted, sides)).filter((test) => test !== undefined))
}

/** A number as JSON writes it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i

/** Returns a number of a context, which may be text; undefined for any other value. */
function readNumber(value: unknown): number | undefined {
  return toFinite(isText(value) && NUMBER.test(value) ? Number(value) : value)
}

function isOnSide(number: number | undefined, bound: number, sides: Sides): boolean {
  if (number === undefined) return false
  return sides[number < bound ? 0 : number === bound ? 1 : 2]
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
