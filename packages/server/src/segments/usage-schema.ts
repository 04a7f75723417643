import { FlagKey, Instant, Key, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { SegmentSummary } from '../projects/segment-summary.ts'

export const SegmentUsage = SegmentSummary.extend({
  flags: z
    .array(
      z.object({
        key: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
        scopes: z
          .array(Scope)
          .meta({ description: 'Scopes of the layers that name it', example: ['production'] }),
      }),
    )
    .meta({ description: 'Live flags whose rules or rollouts name the segment' }),
  plans: z.array(Key).meta({ description: 'Plans that name the segment', example: ['standard'] }),
  rollouts: z.array(Key).meta({
    description: 'Rollouts in progress whose plan names the segment',
    example: ['new-checkout-2026-11'],
  }),
  changedAt: Instant.optional().meta({
    description: 'Instant of the last change of the segment, ISO 8601 in UTC',
    example: '2026-11-27T14:03:00.000Z',
  }),
}).meta({ id: 'SegmentUsage', description: 'Size of a segment, and the entities that name it' })
