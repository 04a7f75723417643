import { Segment, strict } from '@flaghoist/core/schema'
import { SegmentSummary, summaryOf } from '../projects/segment-summary.ts'
import { warningsMember } from '../projects/write-warnings.ts'
import type { Resource } from '../resources/resource.ts'

/** Segments: reusable conditions that rules and rollouts refer to. */
export const segments: Resource = {
  kind: 'segment',
  plural: 'segments',
  article: 'a segment',
  tag: 'Segments',
  description:
    'A segment is a reusable condition that rules and rollouts refer to by its key. A key that is bound to a scope sees the segments that its layers use, with sizes instead of lists.',
  schema: Segment,
  bound: { schema: SegmentSummary, show: (segment) => summaryOf(segment as Segment) },
  written: strict({ ...Segment.shape, ...warningsMember }).meta({
    ...Segment.meta(),
    id: 'WrittenSegment',
  }),
  examples: {
    create: { key: 'staff', include: ['ada', 'bob'] },
    update: { include: ['ada', 'bob', 'cy'] },
  },
  entities: ({ segments }) => segments,
  defaults: () => ({ include: [], exclude: [], when: [] }),
}
