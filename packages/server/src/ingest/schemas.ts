import { LIMITS } from '@flaghoist/core'
import { Key, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

/** What happens: `error`, `alive`, or a name of the user's own. */
export const Metric = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'is not a name such as checkout-ms')

const Arm = z.enum(['treatment', 'control'])
const Unit = z.string().regex(/^[0-9a-f]{16}$/, 'is not 16 hexadecimal digits')
const cell = {
  flag: Key,
  variant: Key,
  revision: z.int().min(1).meta({ description: '`revision` of the configuration that answered' }),
  minute: z
    .int()
    .min(0)
    .meta({ description: 'Start of the minute in which it happened, epoch ms' }),
  // Any text: a context may hold anything, and must not cost the rest of a batch.
  instance: z.string().max(1_000).optional().meta({
    description: 'Of the evaluation context, where the key is bound to an environment',
  }),
}

const ExposureItem = strict({
  ...cell,
  arm: Arm.optional().meta({
    description: 'Where a percentage rollout has put the unit; left out where none has',
  }),
  reason: z.enum(['STATIC', 'SPLIT', 'TARGETING_MATCH', 'DISABLED', 'DEFAULT']),
  count: z.int().min(1).max(1_000_000_000),
  units: z.array(Unit).max(LIMITS.eventsPerBatch).optional().meta({
    description: 'Of an arm: who was exposed, hashed with the salt of the rollout',
  }),
}).meta({ id: 'ExposureItem' })

const OutcomeItem = strict({
  ...cell,
  arm: Arm,
  metric: Metric,
  units: z.array(Unit).min(1).max(LIMITS.eventsPerBatch),
  buckets: z.array(z.int().min(0).max(127)).optional().meta({
    description:
      'Of a measurement, one for each unit: eight buckets for each doubling, the first at 1',
  }),
}).meta({ id: 'OutcomeItem' })

export const EventsRequest = strict({
  sdk: strict({ id: z.string().min(1).max(64), name: z.string().min(1).max(100) }),
  held: strict({ epoch: z.string().max(64), version: z.int().min(0) })
    .optional()
    .meta({ description: 'The ruleset that the SDK evaluates with' }),
  sentAt: z.int().min(0).optional().meta({
    description:
      'By the clock of the SDK, epoch ms: minutes are put right where it is off by more than 10 minutes',
  }),
  batch: strict({
    id: z.string().min(8).max(64).meta({ description: 'Random; the same again for a retry' }),
    exposures: z.array(ExposureItem).max(LIMITS.eventsPerBatch).default([]),
    outcomes: z.array(OutcomeItem).max(LIMITS.eventsPerBatch).default([]),
  }).optional(),
}).meta({ id: 'EventsRequest' })

export const EventsResponse = z
  .object({
    accepted: z.int().meta({ description: 'Exposures and outcomes that were taken' }),
    dropped: z.int().meta({
      description: 'Of unknown flags or variants, too old, or more than the key may report',
    }),
    duplicate: z.boolean().optional().meta({ description: 'The batch had come before' }),
  })
  .meta({ id: 'EventsResponse' })
  .describe('Taken')

/** What an SDK has counted, as it is sent. */
export type ReportedBatch = NonNullable<z.infer<typeof EventsRequest>['batch']>
export type ReportedExposure = ReportedBatch['exposures'][number]
export type ReportedOutcome = ReportedBatch['outcomes'][number]
