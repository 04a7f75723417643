import { Change, LoggedEdit } from '@flaghoist/core/schema'
import { z } from 'zod'
import { SegmentEditSummary } from '../projects/segment-summary.ts'

/** A change; the hashes are absent for a key that is bound to a scope. */
export const ShownChange = Change.partial({ hash: true, previousHash: true })
  .extend({
    edits: z
      .array(z.union([LoggedEdit, SegmentEditSummary]))
      .meta({ description: 'Edited entities; all edits apply together' }),
  })
  .meta({
    id: 'ShownChange',
    description:
      'Entry of the change log; a key that is bound to a scope sees no hashes, and sizes instead of segments',
  })
