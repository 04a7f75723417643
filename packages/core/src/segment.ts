import { attributeReader, unitText } from './attribute.ts'
import { type ClauseScope, compileWhen, type Predicate } from './clause.ts'
import { hashIdentifier } from './hash.ts'
import { isObject } from './shape.ts'

/** Whether a context is in a segment; one without the shape of a segment holds nobody. */
export function compileSegment(segment: unknown, scope: ClauseScope): Predicate {
  if (!isObject(segment)) return () => false
  const { include, exclude, salt } = segment
  const included = toSet(include)
  const excluded = toSet(exclude)
  const matches = compileWhen(segment.when, { ...scope, segments: undefined })
  const readKey = attributeReader('targetingKey', scope)
  const isListed = included.size + excluded.size > 0

  return (context) => {
    const text = isListed ? unitText(readKey(context)) : undefined
    if (text !== undefined) {
      const listed = typeof salt === 'string' ? hashIdentifier(salt, text) : text
      if (excluded.has(listed)) return false
      if (included.has(listed)) return true
    }
    return matches(context)
  }
}

function toSet(list: unknown): ReadonlySet<unknown> {
  return new Set(Array.isArray(list) ? list : [])
}
