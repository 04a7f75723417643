import { Segment, strict } from '@flaghoist/core/schema'
import { warningsMember } from '../projects/write-warnings.ts'
import type { Resource } from '../resources/resource.ts'

/** Segments: reusable conditions that rules and rollouts refer to. */
export const segments: Resource = {
  kind: 'segment',
  plural: 'segments',
  article: 'a segment',
  tag: 'Segments',
  description: 'A segment is a reusable condition that rules and rollouts refer to by its key.',
  schema: Segment,
  written: strict({ ...Segment.shape, ...warningsMember }).meta({
    ...Segment.meta(),
    id: 'WrittenSegment',
  }),
  examples: {
    create: { key: 'staff', include: ['ada', 'bob'] },
    update: { include: ['ada', 'bob', 'cy'] },
  },
  defaults: () => ({ include: [], exclude: [], when: [] }),
}
