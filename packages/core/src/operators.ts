import { cidrTest } from './cidr.ts'
import { toEpochMs } from './date.ts'
import { globTest } from './glob.ts'
import type { Clause, Operator } from './ruleset.ts'
import { compareToSemver, parseSemver } from './semver.ts'

/** Whether one value of the context matches; total over anything. */
export type ValueTest = (value: unknown) => boolean

type Values = Clause['values']
type MakeTest = (values: Values, ignoreCase: boolean) => ValueTest

/**
 * How each operator that looks at an attribute's value matches it against any of the clause's values. What can
 * be read once (numbers, dates, versions, globs, blocks) is read when the test is made.
 */
export const OPERATOR_TESTS: Readonly<Record<Exclude<Operator, 'segment' | 'exists'>, MakeTest>> = {
  in: equality,
  startsWith: text((value, part) => value.startsWith(part)),
  endsWith: text((value, part) => value.endsWith(part)),
  contains: text((value, part) => value.includes(part)),
  matches: (values, ignoreCase) =>
    onText(
      any(
        strings(values, ignoreCase).map((pattern) => globTest(pattern)),
        (test, value: string) => test(value),
      ),
      ignoreCase,
    ),
  lt: numeric((bound) => (value) => (value as number) < bound),
  lte: numeric((bound) => (value) => (value as number) <= bound),
  gt: numeric((bound) => (value) => (value as number) > bound),
  gte: numeric((bound) => (value) => (value as number) >= bound),
  before: dated((value, bound) => value < bound),
  after: dated((value, bound) => value > bound),
  semverEq: versioned((order) => order === 0),
  semverLt: versioned((order) => order < 0),
  semverLte: versioned((order) => order <= 0),
  semverGt: versioned((order) => order > 0),
  semverGte: versioned((order) => order >= 0),
  cidr: (values) =>
    onText(
      any(
        strings(values, false).map((block) => cidrTest(block)),
        (test, value: string) => test(value),
      ),
      false,
    ),
}

function equality(values: Values, ignoreCase: boolean): ValueTest {
  if (!ignoreCase) {
    const wanted = distinct(values)
    return (value) => wanted.has(value)
  }
  const wanted = new Set(values.map(lowered))
  return (value) => wanted.has(lowered(value))
}

/** The values that `in` looks for. JSON has no NaN, which a set would find although it equals nothing. */
export function distinct(values: Values): ReadonlySet<unknown> {
  return new Set<unknown>(values)
}

function text(matches: (value: string, part: string) => boolean): MakeTest {
  return (values, ignoreCase) =>
    onText(
      any(strings(values, ignoreCase), (part, value: string) => matches(value, part)),
      ignoreCase,
    )
}

function numeric(compare: (bound: number) => ValueTest): MakeTest {
  return (values) => {
    const tests = values.filter((value) => typeof value === 'number').map(compare)
    const test = any(tests, (one, value: unknown) => one(value))
    return (value) => typeof value === 'number' && Number.isFinite(value) && test(value)
  }
}

function dated(matches: (value: number, bound: number) => boolean): MakeTest {
  return (values) => {
    const test = any(values.map(toEpochMs), (bound, value: number) => matches(value, bound))
    return (value) => test(toEpochMs(value))
  }
}

function versioned(matches: (order: number) => boolean): MakeTest {
  return (values) => {
    const versions = strings(values, false).map((value) => parseSemver(value))
    const test = any(versions, (version, value: string) => matches(compareToSemver(value, version)))
    return onText(test, false)
  }
}

/** Whether a value matches any of the bounds that could be read; the common single bound needs no loop. */
function any<Bound, Value>(
  bounds: readonly (Bound | undefined)[],
  matches: (bound: Bound, value: Value) => boolean,
): (value: Value) => boolean {
  const usable = bounds.filter((bound) => bound !== undefined)
  if (usable.length === 1) {
    const only = usable[0]!
    return (value) => matches(only, value)
  }
  return (value) => {
    for (const bound of usable) if (matches(bound, value)) return true
    return false
  }
}

function onText(test: (value: string) => boolean, ignoreCase: boolean): ValueTest {
  if (ignoreCase) return (value) => typeof value === 'string' && test(value.toLowerCase())
  return (value) => typeof value === 'string' && test(value)
}

function strings(values: Values, ignoreCase: boolean): readonly string[] {
  const found = values.filter((value) => typeof value === 'string')
  return ignoreCase ? found.map((value) => value.toLowerCase()) : found
}

function lowered(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}
