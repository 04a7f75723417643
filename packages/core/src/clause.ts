import {
  attributeReader,
  isPlain,
  type ReadAttribute,
  type Surroundings,
  unitText,
} from './attribute.ts'
import { hashIdentifier } from './hash.ts'
import { distinct, OPERATOR_TESTS, type ValueTest } from './operators.ts'
import type { EvaluationContext } from './resolution.ts'
import type { Clause, Operator } from './ruleset.ts'
import { isObject, isOptional } from './shape.ts'

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

  if (isPlain(clause.attribute, scope)) {
    const short = shortcut(clause)
    if (short !== undefined) return short
  }
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

/**
 * The commonest clauses on a plain attribute, each as one function: every call that is spared is a good part of what a
 * clause costs (`bench/`). They say the same as the general way, which they leave arrays to.
 */
function shortcut({ attribute, op, values, ignoreCase, salt }: Clause): Predicate | undefined {
  if (op === 'in' && ignoreCase !== true && salt === undefined) {
    const wanted = distinct(values)
    const isWanted: ValueTest = (value) => wanted.has(value)
    const [only] = wanted
    if (wanted.size !== 1)
      return (context) => {
        const value = context[attribute]
        return typeof value === 'object' ? matchesAny(value, isWanted) : wanted.has(value)
      }
    return (context) => {
      const value = context[attribute]
      return typeof value === 'object' ? matchesAny(value, isWanted) : value === only
    }
  }
  const bound = values.length === 1 ? values[0] : undefined
  return typeof bound === 'number' ? numberShortcut(attribute, op, bound) : undefined
}

function numberShortcut(attribute: string, op: Operator, bound: number): Predicate | undefined {
  if (op !== 'lt' && op !== 'lte' && op !== 'gt' && op !== 'gte') return undefined
  const test = OPERATOR_TESTS[op]([bound], false)
  const compare =
    (holds: (value: number) => boolean): Predicate =>
    (context) => {
      const value = context[attribute]
      if (typeof value !== 'number') return matchesAny(value, test)
      return Number.isFinite(value) && holds(value)
    }
  if (op === 'lt') return compare((value) => value < bound)
  if (op === 'lte') return compare((value) => value <= bound)
  if (op === 'gt') return compare((value) => value > bound)
  return compare((value) => value >= bound)
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
    return typeof value === 'object' ? matchesAny(value, test) : test(value)
  }
}

/** Whether an element of an array matches; arrays within do not, and neither does anything else that is no array. */
function matchesAny(value: unknown, test: ValueTest): boolean {
  if (!Array.isArray(value)) return false
  for (const element of value) if (typeof element !== 'object' && test(element)) return true
  return false
}

function isClause(clause: unknown): clause is Clause {
  return (
    isObject(clause) &&
    typeof clause.attribute === 'string' &&
    typeof clause.op === 'string' &&
    Array.isArray(clause.values) &&
    isOptional(clause.negate, 'boolean') &&
    isOptional(clause.ignoreCase, 'boolean') &&
    isOptional(clause.salt, 'string')
  )
}
