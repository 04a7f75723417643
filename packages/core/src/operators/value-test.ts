import { unitText } from '../evaluate/attribute.ts'
import { hashIdentifier } from '../hash.ts'
import type { Clause } from '../ruleset/wire.ts'
import { isText } from '../shape.ts'
import { cidrTest } from './cidr.ts'
import { toEpochMs, toFinite } from './date.ts'
import { globTest } from './glob.ts'
import { semverKey } from './semver.ts'

/** Whether one value of the context matches; total over anything. */
export type ValueTest = (value: unknown) => boolean
type TextTest = (text: string) => boolean
type Comparable = number | string
/** What of a value can be compared; undefined for what cannot. */
type Convert = (value: unknown) => Comparable | undefined

/** Operators on text: a test for one of the clause's values. */
const TEXT: Readonly<Record<string, (text: string) => TextTest | undefined>> = {
  startsWith: (part) => (text) => text.startsWith(part),
  endsWith: (part) => (text) => text.endsWith(part),
  contains: (part) => (text) => text.includes(part),
  matches: globTest,
  cidr: cidrTest,
}

/** Operators on what has an order: how it is read, which side is wanted (0: neither), whether equal will do. */
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
 * How a clause matches one value against any of its own; undefined where its operator is not known. What can be read
 * once (numbers, dates, versions, globs, blocks) is read when the test is made.
 */
export function valueTest(clause: Clause): ValueTest | undefined {
  const { op } = clause
  if (op === 'in') return equality(clause)
  if (Object.hasOwn(TEXT, op)) return textTest(clause)
  return Object.hasOwn(ORDERED, op) ? orderTest(clause) : undefined
}

function equality({ values, ignoreCase, salt }: Clause): ValueTest {
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

/** Any of several bounds is the widest of them. */
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
