import { hashIdentifier } from '../hash.ts'
import type { RulesetSegment } from '../ruleset/wire.ts'
import { isObject, isText, isWhen } from '../shape.ts'
import { type ClauseInputs, matchesWhen, type Predicate, prepareWhen } from './clause.ts'
import { contextUnit } from './json-value.ts'

/**
 * Returns a predicate that matches the members of a segment. A segment without the shape of
 * `docs/spec.md` §2 has no members.
 */
export function prepareSegment(segment: unknown, inputs: ClauseInputs): Predicate {
  if (!isSegment(segment)) return () => false
  const { salt } = segment
  const included = new Set<unknown>(segment.include)
  const excluded = new Set<unknown>(segment.exclude)
  const when = prepareWhen(segment.when, inputs)

  return (context) => {
    const text = contextUnit(context.targetingKey)
    if (text !== undefined) {
      const identifier = salt === undefined ? text : hashIdentifier(salt, text)
      if (excluded.size > 0 && excluded.has(identifier)) return false
      if (included.has(identifier)) return true
    }
    return matchesWhen(when, context)
  }
}

function isSegment(segment: unknown): segment is RulesetSegment {
  if (!isObject(segment)) return false
  const { include, exclude, when, salt } = segment
  return (
    Array.isArray(include) &&
    Array.isArray(exclude) &&
    isWhen(when) &&
    (salt === undefined || isText(salt))
  )
}
