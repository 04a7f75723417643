import { type ValueTest, valueTest } from '../operators/value-test.ts'
import type { Clause } from '../ruleset/wire.ts'
import { isObject, isText } from '../shape.ts'
import { attributeReader, type ReadAttribute, type Surroundings } from './attribute.ts'
import type { EvaluationContext } from './resolution.ts'

export type Predicate = (context: EvaluationContext) => boolean

/** What a clause is compiled with. */
export interface ClauseScope extends Surroundings {
  /** A segment of the ruleset; undefined inside a segment, where the operator `segment` is unknown. */
  readonly segment: ((key: string) => Predicate | undefined) | undefined
}

/** A clause, ready to be asked. */
interface PreparedClause {
  readonly attribute: string
  /** Reads what is asked; undefined for a plain attribute. */
  readonly read: ReadAttribute | undefined
  /** Undefined for a clause that asks the whole context, and whose answer is what `read` gives. */
  readonly test: ValueTest | undefined
  readonly negate: boolean
}

/** An OR of ANDs, ready to be asked. */
export type When = readonly (readonly PreparedClause[])[]

/**
 * Compiles an OR of ANDs. Total over anything that JSON can hold: an empty group, and a group with something that has not
 * the shape of a clause, holds for nobody (`docs/spec.md` §3, §4) and is left out.
 */
export function compileWhen(when: readonly (readonly unknown[])[], scope: ClauseScope): When {
  return when
    .map((group) => group.map((clause) => compileClause(clause, scope)))
    .filter((group) => group.length > 0 && !group.includes(undefined)) as PreparedClause[][]
}

/** Whether an OR of ANDs holds for a context. Plain loops over plain data: nothing is allocated. */
export function holds(when: When, context: EvaluationContext): boolean {
  for (const group of when) if (allHold(group, context)) return true
  return false
}

function allHold(group: readonly PreparedClause[], context: EvaluationContext): boolean {
  for (const { attribute, read, test, negate } of group) {
    const value = read === undefined ? context[attribute] : read(context)
    let isMatch: unknown
    if (test === undefined) isMatch = value
    else isMatch = typeof value === 'object' ? matchesAny(value, test) : test(value)
    if (isMatch === negate) return false
  }
  return true
}

/** Whether an element of an array matches; arrays within do not, and neither does anything else that is no array. */
function matchesAny(value: unknown, test: ValueTest): boolean {
  if (!Array.isArray(value)) return false
  for (const element of value) if (typeof element !== 'object' && test(element)) return true
  return false
}

function compileClause(clause: unknown, scope: ClauseScope): PreparedClause | undefined {
  if (!isClause(clause)) return undefined
  const { attribute, op, negate = false } = clause
  const read = attributeReader(attribute, scope)
  const about = (ask: ReadAttribute) => ({ attribute, read: ask, test: undefined, negate })
  if (op === 'exists') {
    return about((context) => (read ? read(context) : context[attribute]) != null)
  }
  if (op === 'segment') return scope.segment && about(inAnySegment(clause.values, scope.segment))
  const test = valueTest(clause)
  return test && { attribute, read, test, negate }
}

/** Whether a context is in one of the segments; those that are not there hold nobody. */
export function inAnySegment(
  keys: readonly unknown[],
  segment: (key: string) => Predicate | undefined,
): Predicate {
  const found = keys.filter(isText).flatMap((key) => segment(key) ?? [])
  return (context) => {
    for (const isIn of found) if (isIn(context)) return true
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
    isFlag(negate) &&
    isFlag(ignoreCase) &&
    (salt === undefined || isText(salt))
  )
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean'
}
