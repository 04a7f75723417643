import type { EvaluationContext } from '@flaghoist/core'
import { prepareSegment } from '@flaghoist/core/internal'
import type { Segment } from '@flaghoist/core/schema'

/** The membership of a context in a segment, with its cause. */
export interface ExplainedMembership {
  readonly isMember: boolean
  /** The part of the segment that decided. */
  readonly decision: 'excluded' | 'included' | 'matched' | 'unmatched'
  /** Results of the clauses, in the order of `when`. */
  readonly results: boolean[][]
}

/** Evaluates a segment as SDKs do, and explains the result. @param now wall clock, epoch ms */
export function explainSegment(
  { include, exclude, when }: Segment,
  context: EvaluationContext,
  now: () => number,
): ExplainedMembership {
  const inputs = { instance: undefined, now, segment: undefined }
  const matches = (part: Partial<Segment>) =>
    prepareSegment({ include: [], exclude: [], when: [], ...part }, inputs)(context)

  const results = when.map((group) => group.map((clause) => matches({ when: [[clause]] })))
  if (matches({ include: exclude })) return { isMember: false, decision: 'excluded', results }
  if (matches({ include })) return { isMember: true, decision: 'included', results }
  const isMember = matches({ when })
  return { isMember, decision: isMember ? 'matched' : 'unmatched', results }
}
