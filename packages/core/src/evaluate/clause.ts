import { plainValues, type ValueTest, valueTest } from '../operators/value-test.ts'
import type { Clause } from '../ruleset/wire.ts'
import { isObject, isText } from '../shape.ts'
import { type AttributeInputs, attributeReader, type ReadAttribute } from './attribute.ts'
import { jsonValue } from './json-value.ts'
import type { EvaluationContext } from './resolution.ts'

export type Predicate = (context: EvaluationContext) => boolean

/** The inputs of a clause besides the context. */
export interface ClauseInputs extends AttributeInputs {
  /**
   * Returns a segment of the ruleset; undefined inside a segment, where `segment` is an unknown
   * operator.
   */
  readonly segment: ((key: string) => Predicate | undefined) | undefined
}

/** A clause in its form for evaluation. */
interface PreparedClause {
  readonly attribute: string
  /** Reads the attribute; undefined for a plain attribute. */
  readonly read: ReadAttribute | undefined
  /** Tests the attribute's value; undefined for a clause whose `read` returns the result itself. */
  readonly test: ValueTest | undefined
  readonly negate: boolean
  /** The values of a plain equality, in place of a call of `test`. */
  readonly among: ReadonlySet<unknown> | undefined
  /** The only one of these values; undefined for several. */
  readonly only: unknown
}

/** An OR of ANDs in its form for evaluation. */
export type PreparedWhen = readonly (readonly PreparedClause[])[]

/**
 * Prepares an OR of ANDs; total over all JSON values. Drops an empty group, and a group with an
 * item that does not have the shape of a clause: such a group matches no context (`docs/spec.md`
 * §3, §4).
 */
export function prepareWhen(
  when: readonly (readonly unknown[])[],
  inputs: ClauseInputs,
): PreparedWhen {
  return when
    .map((group) => group.map((clause) => prepareClause(clause, inputs)))
    .filter((group) => group.length > 0 && !group.includes(undefined)) as PreparedClause[][]
}

/** Checks that an OR of ANDs matches a context. Plain loops over plain data allocate nothing. */
export function matchesWhen(when: PreparedWhen, context: EvaluationContext): boolean {
  for (let i = 0; i < when.length; i += 1) if (matchesGroup(when[i]!, context)) return true
  return false
}

function matchesGroup(group: readonly PreparedClause[], context: EvaluationContext): boolean {
  for (let i = 0; i < group.length; i += 1) {
    const clause = group[i]!
    const { attribute, read } = clause
    const value = read === undefined ? context[attribute] : read(context)
    if (isMatch(clause, value) === clause.negate) return false
  }
  return true
}

function isMatch({ test, only, among }: PreparedClause, value: unknown): unknown {
  if (test === undefined) return value
  if (typeof value === 'object' || typeof value === 'bigint') return matchesOther(value, test)
  // Equality is by far the most common test, and two lines here are faster than a call.
  if (only !== undefined) return value === only
  return among === undefined ? test(value) : among.has(value)
}

/**
 * Checks that an element of an array matches, or the JSON form of another value. Nested arrays and
 * objects never match.
 */
function matchesOther(value: unknown, test: ValueTest): boolean {
  const found = jsonValue(value)
  if (!Array.isArray(found)) return typeof found !== 'object' && test(found)
  for (const element of found) {
    const one = jsonValue(element)
    if (typeof one !== 'object' && test(one)) return true
  }
  return false
}

function prepareClause(clause: unknown, inputs: ClauseInputs): PreparedClause | undefined {
  if (!isClause(clause)) return undefined
  const { attribute, op, negate = false } = clause
  const read = attributeReader(attribute, inputs)
  const untested = (result: ReadAttribute) => ({
    attribute,
    read: result,
    test: undefined,
    negate,
    among: undefined,
    only: undefined,
  })
  if (op === 'exists') {
    return untested((context) => jsonValue(read ? read(context) : context[attribute]) != null)
  }
  if (op === 'segment') return inputs.segment && untested(anySegment(clause.values, inputs.segment))
  const among = plainValues(clause)
  const test = among ? (value: unknown) => among.has(value) : valueTest(clause)
  const [only] = among?.size === 1 ? among : []
  return test && { attribute, read, test, negate, among, only }
}

/**
 * Returns a predicate that matches the members of any of the segments. An unknown segment has no
 * members.
 */
export function anySegment(
  keys: readonly unknown[],
  segment: (key: string) => Predicate | undefined,
): Predicate {
  const segments = keys.filter(isText).flatMap((key) => segment(key) ?? [])
  const [only] = segments
  if (only && segments.length === 1) return only
  return (context) => {
    for (const contains of segments) if (contains(context)) return true
    return false
  }
}

function isClause(clause: unknown): clause is Clause {
  if (!isObject(clause)) return false
  const { attribute, op, values, negate, ignoreCase, salt } = clause
  return (
    isText(attribute) &&
    isText(op) &&
    Array.isArray(values) &&
    isOptionalBoolean(negate) &&
    isOptionalBoolean(ignoreCase) &&
    (salt === undefined || isText(salt))
  )
}

function isOptionalBoolean(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean'
}
