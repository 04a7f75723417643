import { hashIdentifier } from '../hash.ts'
import type { RulesetSegment } from '../ruleset/wire.ts'
import { isObject, isText, isWhen } from '../shape.ts'
import { unitText } from './attribute.ts'
import { type ClauseScope, compileWhen, holds, type Predicate } from './clause.ts'

/** Whether a context is in a segment; one without the shape of `docs/spec.md` §2 holds nobody. */
export function compileSegment(segment: unknown, scope: ClauseScope): Predicate {
  if (!isSegment(segment)) return () => false
  const { salt } = segment
  const included = new Set<unknown>(segment.include)
  const excluded = new Set<unknown>(segment.exclude)
  const when = compileWhen(segment.when, scope)

  return (context) => {
    const text = unitText(context.targetingKey)
    if (text !== undefined) {
      const listed = salt === undefined ? text : hashIdentifier(salt, text)
      if (excluded.has(listed)) return false
      if (included.has(listed)) return true
    }
    return holds(when, context)
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
