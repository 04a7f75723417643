import { LIMITS } from '@flaghoist/core'
import { Key, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

const ExposureReport = strict({
  flag: Key,
  variant: Key,
  arm: z.enum(['treatment', 'control']).optional().meta({
    description: 'Where a rollout has put the unit; left out where it has not',
  }),
  minute: z.int().min(0).meta({ description: 'Start of the minute, epoch ms' }),
  count: z.int().min(1).max(1_000_000_000),
}).meta({ id: 'ExposureReport' })

export const EventsRequest = strict({
  sdk: strict({ id: z.string().min(1).max(64), name: z.string().min(1).max(100) }),
  held: strict({ epoch: z.string().max(64), version: z.int().min(0) })
    .optional()
    .meta({ description: 'The ruleset that the SDK evaluates with' }),
  batch: strict({
    id: z.string().min(8).max(64).meta({ description: 'Random; the same again for a retry' }),
    counts: z.array(ExposureReport).max(LIMITS.eventsPerBatch),
  }).optional(),
}).meta({ id: 'EventsRequest' })

export const EventsResponse = z
  .object({
    accepted: z.int().meta({ description: 'Counts that were added' }),
    dropped: z.int().meta({ description: 'Counts of unknown flags or variants, or too old ones' }),
    duplicate: z.boolean().optional().meta({ description: 'The batch had come before' }),
  })
  .meta({ id: 'EventsResponse' })
  .describe('Taken')
