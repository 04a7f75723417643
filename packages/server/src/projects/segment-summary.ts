import type { LoggedEdit } from '@flaghoist/core/schema'
import { Segment, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

const size = (items: string) =>
  z
    .int()
    .min(0)
    .meta({ description: `Number of ${items}`, example: 2 })

/** A segment as a key sees it that is bound to a scope: its size, and none of its people. */
export const SegmentSummary = strict({
  key: Segment.shape.key,
  name: Segment.shape.name,
  size: strict({
    include: size(
      'targeting keys that are always members; absent in edits that leave the list out',
    ).optional(),
    exclude: size(
      'targeting keys that are never members; absent in edits that leave the list out',
    ).optional(),
    when: size('groups of clauses'),
  }).meta({ description: 'Numbers of items in the lists, which a bound key does not see' }),
}).meta({
  id: 'SegmentSummary',
  description: 'Segment as a key sees it that is bound to a scope',
  example: { key: 'beta-testers', size: { include: 2, exclude: 1, when: 1 } },
})

export type SegmentSummary = z.infer<typeof SegmentSummary>

/** An edit of a segment as a key sees it that is bound to a scope. */
export const SegmentEditSummary = strict({
  kind: z.literal('segment').meta({ description: 'Kind of the entity' }),
  key: Segment.shape.key,
  before: SegmentSummary.nullable().meta({ description: 'Segment before the change' }),
  after: SegmentSummary.nullable().meta({ description: 'Segment after the change' }),
}).meta({
  id: 'SegmentEditSummary',
  description: 'Edit of a segment as a key sees it that is bound to a scope',
})

export type SegmentEditSummary = z.infer<typeof SegmentEditSummary>

type Lists = Pick<Segment, 'include' | 'exclude'>

export function summaryOf({
  key,
  name,
  include,
  exclude,
  when,
}: Omit<Segment, keyof Lists> & { [K in keyof Lists]?: Lists[K] | undefined }): SegmentSummary {
  return {
    key,
    ...(name !== undefined && { name }),
    size: {
      ...(include && { include: include.length }),
      ...(exclude && { exclude: exclude.length }),
      when: when.length,
    },
  }
}

/** Replaces the segments of an edit by their sizes; other edits stay. */
export function summarisedEdit(edit: LoggedEdit): LoggedEdit | SegmentEditSummary {
  if (edit.kind !== 'segment') return edit
  const { kind, key, before, after } = edit
  return { kind, key, before: before && summaryOf(before), after: after && summaryOf(after) }
}
