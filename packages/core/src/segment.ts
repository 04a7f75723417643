import { attributeReader, unitText } from './attribute.ts'
import { type ClauseScope, compileWhen, type Predicate } from './clause.ts'
import { hashIdentifier } from './hash.ts'
import type { RulesetSegment } from './ruleset.ts'
import { isObject, isOptional, isWhen } from './shape.ts'

/** Whether a context is in a segment; one without the shape of `docs/spec.md` §2 holds nobody. */
export function compileSegment(segment: unknown, scope: ClauseScope): Predicate {
  if (!isSegment(segment)) return () => false
  const { salt } = segment
  const included = new Set<unknown>(segment.include)
  const excluded = new Set<unknown>(segment.exclude)
  const matches = compileWhen(segment.when, { ...scope, segments: undefined })
  const readKey = attributeReader('targetingKey', scope)
  const isListed = included.size + excluded.size > 0

  return (context) => {
    const text = isListed ? unitText(readKey(context)) : undefined
    if (text !== undefined) {
      const listed = salt === undefined ? text : hashIdentifier(salt, text)
      if (excluded.has(listed)) return false
      if (included.has(listed)) return true
    }
    return matches(context)
  }
}

function isSegment(segment: unknown): segment is RulesetSegment {
  return (
    isObject(segment) &&
    Array.isArray(segment.include) &&
    Array.isArray(segment.exclude) &&
    isWhen(segment.when) &&
    isOptional(segment.salt, 'string')
  )
}
