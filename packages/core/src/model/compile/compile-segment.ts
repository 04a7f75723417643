import type { RulesetSegment } from '../../ruleset/wire.ts'
import type { Segment } from '../../schema/index.ts'
import type { Audience } from '../state.ts'
import { hashSegment, saltOf } from './hash-identifiers.ts'

/** Compiles a segment for an audience. */
export function compileSegment(
  { key, include, exclude, when }: Segment,
  project: string,
  audience: Audience,
): RulesetSegment {
  const segment = { include, exclude, when }
  return audience === 'client' ? hashSegment(segment, saltOf(project, `segment:${key}`)) : segment
}
