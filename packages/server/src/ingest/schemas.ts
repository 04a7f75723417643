import { LIMITS } from '@flaghoist/core'
import { FlagKey, Key, withFastPath } from '@flaghoist/core/schema'
import { z } from 'zod'
import { MAX_RELAYED_VERSIONS } from '../streams/relayed-sdks.ts'
import { ITEM } from './item-limits.ts'
import { isUsualExposure, isUsualOutcome } from './usual-items.ts'

/** Most SDKs behind one relay, and the relays behind it. */
const MAX_RELAYED = 1_000_000

/** The name of an outcome: `error`, `alive`, or one of the user's own. */
const Metric = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'is not a name such as checkout-ms')
  .meta({
    description:
      'Name of the outcome: `error`, `alive`, or a name of your own with 1 to 100 characters',
    example: 'checkout-ms',
  })

const Arm = z.enum(ITEM.arms)
const Unit = z.string().regex(ITEM.unit, 'is not 16 hexadecimal digits').meta({
  description: 'Unit, hashed with the salt of the rollout or split',
  example: '5f3a9c0b1d2e4f60',
})

const eventCell = {
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  variant: Key.optional().meta({
    description: "Key of the variant that was served; absent for the caller's fallback",
    example: 'on',
  }),
  revision: z.int().min(1).meta({
    description: '`revision` of the configuration that served the variant, from the ruleset',
    example: 42,
  }),
  minute: z.int().min(0).meta({
    description: 'Start of the minute in which it happened, epoch ms, at most 24 hours ago',
    example: 1_795_766_400_000,
  }),
  // Any text: a context may hold anything, and must not cost the rest of a batch.
  instance: z.string().max(ITEM.textLength).optional().meta({
    description:
      '`instance` of the evaluation context, up to 1,000 characters; used with a key of a whole environment',
    example: 'acme',
  }),
}

const rule = {
  // Any text, too: the server knows the rules.
  rule: z.string().max(ITEM.textLength).optional().meta({
    description:
      'Id of the rule whose split served units without an arm, or empty for the split of the fallthrough or the rollout. Absent without a split and from SDKs before 0.2',
    example: 'paying-customers',
  }),
}

export const ExposureItem = z
  .object({
    ...eventCell,
    arm: Arm.optional().meta({
      description: 'Arm that a percentage rollout placed the units in; absent without one',
      example: 'treatment',
    }),
    ...rule,
    reason: z.enum(ITEM.reasons).meta({
      description: 'Reason of the evaluation, as in OpenFeature',
      example: 'SPLIT',
    }),
    count: z.int().min(1).max(ITEM.count).meta({
      description:
        'Number of units that chance gave the variant, or else of calls; 1 to 1,000,000,000',
      example: 2,
    }),
    units: z
      .array(Unit)
      .max(LIMITS.eventsPerBatch)
      .optional()
      .meta({
        description: 'Exposed units of an arm or a split, up to 5,000; ignored without either',
        example: ['5f3a9c0b1d2e4f60', '0c9e8d7b6a5f4e3d'],
      }),
  })
  .meta({ id: 'ExposureItem', description: 'Exposures to one variant in one minute' })

export const OutcomeItem = z
  .object({
    ...eventCell,
    arm: Arm.optional().meta({
      description: 'Arm that a percentage rollout placed the units in; absent for those of a split',
      example: 'treatment',
    }),
    ...rule,
    metric: Metric,
    units: z
      .array(Unit)
      .min(1)
      .max(LIMITS.eventsPerBatch)
      .meta({
        description: 'Units with this outcome, 1 to 5,000; each counts once per metric and attempt',
        example: ['5f3a9c0b1d2e4f60'],
      }),
    buckets: z
      .array(z.int().min(0).max(ITEM.lastBucket))
      .optional()
      .meta({
        description:
          'Histogram buckets of a measurement, 0 to 127, parallel to `units`: floor(8 × log2(value))',
        example: [64],
      }),
  })
  .meta({ id: 'OutcomeItem', description: 'Outcomes of exposed units in one minute' })

const ReportingSdkObject = z.object({
  id: z.string().min(1).max(64).meta({
    description: 'Random id of the SDK object, up to 64 characters',
    example: '6c1f0a52-8f2e-4c0e-9a53-1d1f3f6f2b7a',
  }),
  name: z.string().min(1).max(100).meta({
    description: 'Name and version of the SDK, up to 100 characters',
    example: '@flaghoist/node/0.1.0',
  }),
})

const HeldRuleset = z.object({
  epoch: z.string().max(64).meta({
    description: '`epoch` of the ruleset, up to 64 characters',
    example: '9f86d081884c7d65',
  }),
  version: z.int().min(0).meta({ description: '`version` of the ruleset', example: 57 }),
  hash: z.string().max(64).optional().meta({
    description: '`hash` of the ruleset; a report of another lineage confirms nothing',
    example: '5d41402abc4b2a76',
  }),
  ageMs: z.number().min(0).optional().meta({
    description: 'Time for which the SDK has held the ruleset, ms; by default 0',
    example: 12,
  }),
})

const RelayedSdks = z.object({
  connected: z.int().min(0).max(MAX_RELAYED).meta({
    description: 'Number of SDKs that are connected to the relay, or to a relay behind it',
    example: 40,
  }),
  held: z
    .array(
      z.object({
        version: z.int().min(0).meta({ description: 'Version that they hold', example: 57 }),
        hash: z.string().max(64).optional().meta({
          description: '`hash` of the ruleset',
          example: '5d41402abc4b2a76',
        }),
        sdks: z.int().min(1).max(MAX_RELAYED).meta({ description: 'Number of SDKs', example: 40 }),
        ageMs: z.number().min(0).optional().meta({
          description: 'Time since the last of them confirmed it, ms; absent if none waited for it',
          example: 3,
        }),
        medianAgeMs: z.number().min(0).optional().meta({
          description: 'Time since half of them had confirmed it, ms',
          example: 5,
        }),
      }),
    )
    .max(MAX_RELAYED_VERSIONS)
    .meta({ description: 'SDKs by the version that they hold, up to 32 versions' }),
})

const Batch = z.object({
  id: z.string().min(8).max(64).meta({
    description: 'Random id, 8 to 64 characters; a retry repeats it',
    example: '0b7c6f4e-2a1d-4a57-9d0e-3f5b8c9a1e24',
  }),
  exposures: z
    .array(withFastPath(ExposureItem, isUsualExposure))
    .max(LIMITS.eventsPerBatch)
    .default([])
    .meta({ description: 'Served variants, up to 5,000 items' }),
  outcomes: z
    .array(withFastPath(OutcomeItem, isUsualOutcome))
    .max(LIMITS.eventsPerBatch)
    .default([])
    .meta({ description: 'Outcomes of exposed units, up to 5,000 items' }),
})

/** Cell and minute of the example. */
const SERVED = {
  flag: 'new-checkout',
  variant: 'on',
  arm: 'treatment',
  revision: 42,
  minute: 1_795_766_400_000,
} as const

/**
 * The report of an SDK. Members that are unknown to this server are ignored: the SDK may be newer.
 */
export const EventsRequest = z
  .object({
    sdk: ReportingSdkObject.meta({ description: 'SDK object that reports' }),
    held: HeldRuleset.optional().meta({
      description: 'Ruleset that the SDK evaluates with; confirms its version',
    }),
    relayed: RelayedSdks.optional().meta({
      description:
        'SDKs behind a relay, which count in its place; absent for an SDK. Requires a server key: a relay with a client key sends one in `Flaghoist-Relay-Key`',
    }),
    sentAt: z.int().min(0).optional().meta({
      description:
        'Time of the request by the clock of the SDK, epoch ms; corrects minutes that deviate by more than 10 minutes',
      example: 1_795_766_431_250,
    }),
    batch: Batch.optional().meta({ description: 'Exposures and outcomes; absent without any' }),
  })
  .meta({
    id: 'EventsRequest',
    description: 'Report of one SDK object',
    example: {
      sdk: { id: '6c1f0a52-8f2e-4c0e-9a53-1d1f3f6f2b7a', name: '@flaghoist/node/0.1.0' },
      held: { epoch: '9f86d081884c7d65', version: 57, hash: '5d41402abc4b2a76' },
      sentAt: 1_795_766_431_250,
      batch: {
        id: '0b7c6f4e-2a1d-4a57-9d0e-3f5b8c9a1e24',
        exposures: [
          {
            ...SERVED,
            reason: 'SPLIT',
            count: 2,
            units: ['5f3a9c0b1d2e4f60', '0c9e8d7b6a5f4e3d'],
          },
        ],
        outcomes: [
          { ...SERVED, metric: 'checkout-ms', units: ['5f3a9c0b1d2e4f60'], buckets: [64] },
        ],
      },
    },
  })

/** The effect of a report. */
export const EventsResponse = z
  .object({
    accepted: z
      .int()
      .min(0)
      .meta({ description: 'Number of counted exposures and outcomes', example: 3 }),
    dropped: z.int().min(0).meta({
      description:
        'Number of dropped exposures and outcomes: unknown flag, variant or revision, too old, in the wrong arm, outside the sample, or over the quota of the key or the address',
      example: 0,
    }),
    samples: z.record(z.string(), z.int().min(2)).meta({
      description:
        "Flags of which a sample of the units is counted, one in so many; an SDK need not report the others. An environment's server key receives them by flag and instance, such as `new-checkout@acme`",
      example: { 'new-checkout': 16 },
    }),
    duplicate: z.boolean().optional().meta({
      description: 'True for a batch that was received before; it counts nothing again',
    }),
  })
  .meta({ id: 'EventsResponse', description: 'Effect of a report' })
  .describe('Batch accepted')

/** A batch as an SDK sends it. */
export type ReportedBatch = NonNullable<z.infer<typeof EventsRequest>['batch']>
export type ReportedExposure = ReportedBatch['exposures'][number]
export type ReportedOutcome = ReportedBatch['outcomes'][number]
