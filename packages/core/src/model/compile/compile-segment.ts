import type { RulesetSegment } from '../../ruleset/wire.ts'
import type { Segment } from '../../schema/index.ts'
import type { Audience } from '../state.ts'
import { compileWhen, hashSegment, saltOf, withTwins } from './hash-identifiers.ts'

/** Compiles a segment for an audience. */
export function compileSegment(
  { key, include, exclude, when }: Segment,
  project: string,
  audience: Audience,
): RulesetSegment {
  if (audience === 'client')
    return hashSegment({ include, exclude, when }, saltOf(project, `segment:${key}`))
  return { include, exclude, when: compileWhen(when, withTwins) }
}
