import { attributeReader, type ReadAttribute, type Surroundings, unitText } from './attribute.ts'
import { hashIdentifier } from './hash.ts'
import { OPERATOR_TESTS, type ValueTest } from './operators.ts'
import type { EvaluationContext } from './resolution.ts'
import type { Clause } from './ruleset.ts'
import { isObject } from './shape.ts'

export type Predicate = (context: EvaluationContext) => boolean

/** What a clause is compiled with. */
export interface ClauseScope extends Surroundings {
  /** The ruleset's segments; undefined inside a segment, where the operator `segment` is unknown. */
  readonly segments: SegmentLookup | undefined
}

export interface SegmentLookup {
  get(key: string): Predicate | undefined
}

const NEVER: Predicate = () => false

/**
 * An OR of ANDs as one predicate. Total over anything that JSON can hold: an empty group, and whatever has not
 * the shape of a clause, holds for nobody (`docs/spec.md` §3, §4).
 */
export function compileWhen(when: unknown, scope: ClauseScope): Predicate {
  if (!Array.isArray(when)) return NEVER
  const groups = when.map((group) => compileGroup(group, scope)).filter((group) => group !== NEVER)
  const [first, ...others] = groups
  if (first === undefined) return NEVER
  if (others.length === 0) return first

  return (context) => {
    for (const group of groups) if (group(context)) return true
    return false
  }
}

function compileGroup(group: unknown, scope: ClauseScope): Predicate {
  if (!Array.isArray(group) || group.length === 0) return NEVER
  const clauses = group.map((clause) => compileClause(clause, scope))
  if (clauses.includes(NEVER)) return NEVER

  const [first, second, third] = clauses
  if (third === undefined) return second === undefined ? first! : both(first!, second)
  if (clauses.length === 3)
    return (context) => first!(context) && second!(context) && third(context)
  return (context) => {
    for (const clause of clauses) if (!clause(context)) return false
    return true
  }
}

function both(first: Predicate, second: Predicate): Predicate {
  return (context) => first(context) && second(context)
}

function compileClause(clause: unknown, scope: ClauseScope): Predicate {
  if (!isClause(clause)) return NEVER
  const predicate = positivePredicate(clause, scope)
  if (predicate === undefined) return NEVER
  return clause.negate === true ? (context) => !predicate(context) : predicate
}

/** The clause without its negation; undefined where its operator is not known. */
function positivePredicate(clause: Clause, scope: ClauseScope): Predicate | undefined {
  const { op, values } = clause
  if (op === 'segment') return scope.segments && inAnySegment(values, scope.segments)

  const read = attributeReader(clause.attribute, scope)
  if (op === 'exists') return (context) => (read(context) ?? undefined) !== undefined
  if (!Object.hasOwn(OPERATOR_TESTS, op)) return undefined

  const ignoreCase = clause.ignoreCase === true
  const isHashed = op === 'in' && clause.salt !== undefined
  const test = isHashed
    ? identifierTest(values, clause.salt!, ignoreCase)
    : OPERATOR_TESTS[op](values, ignoreCase)
  return onAttribute(read, test)
}

function inAnySegment(values: Clause['values'], segments: SegmentLookup): Predicate {
  const keys = values.filter((key) => typeof key === 'string')
  const found = keys.map((key) => segments.get(key)).filter((one) => one !== undefined)
  if (found.length === 1) return found[0]!
  return (context) => {
    for (const segment of found) if (segment(context)) return true
    return false
  }
}

function identifierTest(values: Clause['values'], salt: string, ignoreCase: boolean): ValueTest {
  const hashes = new Set<unknown>(values)
  return (value) => {
    const text = unitText(value)
    if (text === undefined) return false
    return hashes.has(hashIdentifier(salt, ignoreCase ? text.toLowerCase() : text))
  }
}

function onAttribute(read: ReadAttribute, test: ValueTest): Predicate {
  return (context) => {
    const value = read(context)
    if (typeof value !== 'object') return test(value)
    return Array.isArray(value) && matchesAny(value, test)
  }
}

function matchesAny(elements: readonly unknown[], test: ValueTest): boolean {
  for (const element of elements) if (typeof element !== 'object' && test(element)) return true
  return false
}

function isClause(clause: unknown): clause is Clause {
  return (
    isObject(clause) &&
    typeof clause.attribute === 'string' &&
    typeof clause.op === 'string' &&
    Array.isArray(clause.values) &&
    (clause.salt === undefined || typeof clause.salt === 'string')
  )
}
