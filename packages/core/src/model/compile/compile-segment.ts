import type { RulesetSegment } from '../../ruleset/wire.ts'
import type { Segment } from '../../schema/index.ts'
import { instanceOf } from '../../scope.ts'
import { instanceResults, resolveWhen } from '../resolved-clauses.ts'
import type { Audience } from '../state.ts'
import { compileWhen, hashSegment, saltOf, withTwins } from './hash-identifiers.ts'

/** The ruleset that a segment is compiled for. */
interface SegmentTarget {
  readonly project: string
  readonly scope: string
  readonly audience: Audience
}

/** Compiles a segment. In the scope of an instance, its clauses on `instance` are resolved. */
export function compileSegment(
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
