import { hashIdentifier, unitText } from '../hash.ts'
import type { Clause } from '../ruleset/wire.ts'
import { isText } from '../shape.ts'
import { cidrTest } from './cidr.ts'
import { toEpochMs, toFinite } from './date.ts'
import { globTest } from './glob.ts'
import { semverKey } from './semver.ts'

/** Tests one value of the context; total over all values. */
export type ValueTest = (value: unknown) => boolean
type TextTest = (text: string) => boolean
type Comparable = number | string
/** Converts a value to its comparable form; undefined for a value without one. */
type Convert = (value: unknown) => Comparable | undefined

/** Operators on text: each returns a test for one of the clause's values. */
const TEXT: Readonly<Record<string, (text: string) => TextTest | undefined>> = {
  startsWith: (part) => (text) => text.startsWith(part),
  endsWith: (part) => (text) => text.endsWith(part),
  contains: (part) => (text) => text.includes(part),
  matches: globTest,
  cidr: cidrTest,
}

/**
 * Operators on ordered values: the conversion, the matching side (0: none), and the result for
 * equal values.
 */
const ORDERED: Readonly<Record<string, readonly [Convert, side: -1 | 0 | 1, orEqual: boolean]>> = {
  lt: [toFinite, -1, false],
  lte: [toFinite, -1, true],
  gt: [toFinite, 1, false],
  gte: [toFinite, 1, true],
  before: [toEpochMs, -1, false],
  after: [toEpochMs, 1, false],
  semverEq: [semverKey, 0, true],
  semverLt: [semverKey, -1, false],
  semverLte: [semverKey, -1, true],
  semverGt: [semverKey, 1, false],
  semverGte: [semverKey, 1, true],
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

function equalityTest({ values, ignoreCase, salt }: Clause): ValueTest {
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
  if (ignoreCase === true) return (value) => wanted.has(lowered(value))
  const [only] = wanted
  return wanted.size === 1 ? (value) => value === only : (value) => wanted.has(value)
}

function textTest({ op, values, ignoreCase }: Clause): ValueTest {
  const lowered = (text: string) => (ignoreCase === true ? text.toLowerCase() : text)
  const tests = values
    .filter(isText)
    .map((value) => TEXT[op]!(lowered(value)))
    .filter((test) => test !== undefined)
  return (value) => {
    if (!isText(value)) return false
    const text = lowered(value)
    for (const test of tests) if (test(text)) return true
    return false
  }
}

/** Matches any of several bounds, which equals matching the widest bound. */
function orderTest({ op, values }: Clause): ValueTest {
  const [convert, side, orEqual] = ORDERED[op]!
  const bounds = values.map(convert).filter((bound) => bound !== undefined)
  if (side === 0) return (value) => bounds.includes(convert(value)!)

  const bound = bounds.reduce<Comparable | undefined>(
    (widest, next) => (widest === undefined || widest < next === side < 0 ? next : widest),
    undefined,
  )
  if (bound === undefined) return () => false
  return (value) => {
    const found = convert(value)
    if (found === undefined) return false
    if (found === bound) return orEqual
    return found < bound === side < 0
  }
}
