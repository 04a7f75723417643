import type { RulesetSegment } from '../../ruleset/wire.ts'
import type { Segment } from '../../schema/index.ts'
import { instanceOf } from '../../scope.ts'
import { instanceResults, readsKey, resolveWhen } from '../resolved-clauses.ts'
import type { Audience } from '../state.ts'
import { compileWhen, hashSegment, saltOf, withTwins } from './hash-identifiers.ts'

/** The ruleset that a segment is compiled for. */
interface SegmentTarget {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
}

const cache = new WeakMap<Segment, Map<string, RulesetSegment>>()

/**
 * Compiles a segment. In the scope of an instance, its clauses on `instance` are resolved. Scopes
 * with the same result share it: its lists may be large.
 */
export function compileSegment(segment: Segment, target: SegmentTarget): RulesetSegment {
  const { project, scope, audience } = target
  const isResolved = segment.when.flat().some(readsKey)
  const name = [project, audience, isResolved ? instanceOf(scope) : ''].join(' ')
  const forms = cache.get(segment) ?? new Map<string, RulesetSegment>()
  cache.set(segment, forms)
  const compiled = forms.get(name) ?? compileUncached(segment, target)
  forms.set(name, compiled)
  return compiled
}

function compileUncached(
  { key, include, exclude, when: conditions }: Segment,
  { project, scope, audience }: SegmentTarget,
): RulesetSegment {
  const instance = instanceOf(scope)
  const when =
    instance === undefined ? conditions : resolveWhen(conditions, instanceResults(instance))
  if (audience === 'client')
    return hashSegment({ include, exclude, when }, saltOf(project, `segment:${key}`))
  return { include, exclude, when: compileWhen(when, withTwins) }
}
