import { BUCKETS, LIMITS } from '@flaghoist/core'
import {
  FlagConfiguration,
  Key,
  Layer,
  Percent,
  Percentages,
  Rule,
  Scope,
  Serve,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { warningsMember } from '../../projects/write-warnings.ts'
import { FlagParams } from '../flag-params.ts'
import { ShownRisk } from '../risk/schemas.ts'

export const LayerParams = FlagParams.extend({
  scope: Scope.meta({
    description: '`*`, an environment, or an instance: `production/acme`',
    example: 'production/acme',
  }),
})

const BucketAttribute = z.string().min(1).max(200).optional().meta({
  description: 'Attribute that identifies the unit; by default `targetingKey`',
  example: 'targetingKey',
})

/** A serve as it may be written: also with weights, from which the server derives ranges. */
export const ServeInput = z
  .union([
    Serve,
    strict({
      percent: Percentages.meta({
        description:
          'Percentage by variant, in steps of 0.001, with a sum of 100; a new split moves as few units as possible',
        example: { on: 25, off: 75 },
      }),
      by: BucketAttribute,
    }),
    strict({
      weights: z.record(Key, z.int().min(0).max(BUCKETS)).meta({
        description: 'Number of buckets by variant, with a sum of 100,000, instead of `percent`',
        example: { on: 25_000, off: 75_000 },
      }),
      by: BucketAttribute,
    }),
  ])
  .meta({
    id: 'ServeRequest',
    description: 'One variant, a split, or percentages from which the server derives a split',
    example: { variant: 'on' },
  })

/**
 * A rollout as it may be written: its share is enough, and every other member has a default or
 * stays.
 */
export const RolloutInput = strict({
  share: z.int().min(0).max(BUCKETS).optional().meta({
    description: 'Number of treated buckets, 0 to 100,000, instead of `percent`',
    example: 25_000,
  }),
  percent: Percent.optional().meta({
    description: 'Percentage of treated units, 0 to 100 in steps of 0.001',
    example: 25,
  }),
  variant: Key.optional().meta({
    description: 'Key of the variant for treated units; by default `on`',
    example: 'on',
  }),
  serve: ServeInput.optional().meta({
    description: 'Split for treated units, instead of `variant`',
  }),
  by: BucketAttribute,
  salt: z.string().min(1).max(200).optional().meta({
    description:
      'Salt that determines the order of the units; by default the scope keeps its order',
    example: 'new-checkout-1',
  }),
  segments: z
    .array(Key)
    .max(LIMITS.segments)
    .optional()
    .meta({
      description: 'Keys of segments whose members are treated regardless of the share',
      example: ['beta-testers'],
    }),
  planRun: Key.optional().meta({
    description: 'Label of the rollout, for tools of your own; rollouts of plans set their key',
    example: 'new-checkout-2026-11',
  }),
  step: z.int().min(0).optional().meta({ description: 'Index of the step, from 0', example: 2 }),
}).meta({
  id: 'RolloutRequest',
  description: 'Rollout; a share is enough, absent members keep their values or defaults',
  example: { percent: 25 },
})

export const RuleInput = strict({
  ...Rule.shape,
  id: Key.optional().meta({
    description: 'Id of the rule; by default derived from its condition',
    example: 'staff-first',
  }),
  serve: ServeInput.meta({ description: 'Variant or split for matching contexts' }),
}).meta({
  id: 'RuleRequest',
  description: 'Targeting rule: a condition and its serve',
  example: {
    id: 'staff-first',
    when: [[{ attribute: 'email', op: 'endsWith', values: ['@acme.example'] }]],
    serve: { variant: 'on' },
  },
})

const layerInput = {
  on: z.boolean().meta({
    description: 'Switch: `false` serves the off variant to every context',
    example: true,
  }),
  off: Key.meta({
    description:
      "Key of the variant of a flag that is off or killed; without it, the caller's fallback is served",
    example: 'off',
  }),
  rules: z
    .array(RuleInput)
    .max(LIMITS.rules)
    .meta({ description: 'Targeting rules in order; the first match determines the serve' }),
  rollout: RolloutInput.nullable().meta({
    description: 'Percentage rollout after the rules; `null` for none',
  }),
  fallthrough: ServeInput.meta({
    description:
      'Variant or split for contexts that neither a rule nor the rollout serves; by default the off variant, or the on variant of a boolean flag without rules and rollout',
  }),
  note: Layer.shape.note
    .unwrap()
    .extend({
      expired: z.boolean().optional().meta({
        description: 'Ignored; responses contain it',
      }),
    })
    .meta({ description: 'Note for editors; not part of rulesets' }),
}

const LAYER_EXAMPLE = {
  on: true,
  rollout: { percent: 25 },
}

/** Settings of a flag in one scope. Kills have routes of their own. */
export const LayerInput = strict(layerInput).partial().meta({
  id: 'LayerRequest',
  description: 'Settings of a flag in one scope; absent members are inherited',
  example: LAYER_EXAMPLE,
})

/** Members of a layer to change; `null` clears a member, so that it is inherited again. */
export const LayerPatch = strict({
  on: layerInput.on.nullable().optional(),
  off: layerInput.off.nullable().optional(),
  rules: layerInput.rules.nullable().optional(),
  rollout: layerInput.rollout.optional(),
  fallthrough: layerInput.fallthrough.nullable().optional(),
  note: layerInput.note.nullable().optional(),
}).meta({
  id: 'LayerPatch',
  description: 'Members of a layer to change',
  example: { rollout: { percent: 50 } },
})

export const ResolvedFlag = z
  .object({
    configuration: FlagConfiguration.omit({ revision: true }).meta({
      description: 'Settings that SDKs of the scope receive',
    }),
    provenance: z.record(z.string(), Scope).meta({
      description:
        'Scope of the layer that sets a member, by member; `default` for `off` and `fallthrough` that no layer sets, and `retired` for `on` in a retired instance',
      example: { on: 'production/acme', off: '*', fallthrough: 'default' },
    }),
  })
  .meta({
    id: 'ResolvedFlag',
    description: 'Resolved configuration of the flag in the scope',
    example: {
      configuration: { on: true, off: 'off', fallthrough: { variant: 'on' } },
      provenance: { on: 'production/acme', off: '*', fallthrough: 'default' },
    },
  })

export const PreviewRequest = strict({
  scope: Scope.meta({ description: 'Scope of the layer', example: 'production/acme' }),
  layer: LayerInput.meta({ description: 'Settings to preview' }),
}).meta({
  id: 'PreviewRequest',
  description: 'Layer to preview, and its scope',
  example: { scope: 'production/acme', layer: LAYER_EXAMPLE },
})

/** The layer that a write has stored. */
export const WrittenLayer = strict({ ...Layer.shape, ...warningsMember }).meta({
  ...Layer.meta(),
  id: 'WrittenLayer',
})

/** The members of a preview of one layer. */
export const layerPreview = {
  layer: Layer.meta({ description: 'Layer as it would be stored' }),
  movedBuckets: z.int().meta({
    description:
      'Number of buckets, of 100,000, that would change variant, for the contexts where most would: those that match a certain rule, or none. Buckets of different salts are independent',
    example: 25_000,
  }),
}

export const LayerPreview = z
  .object({
    ...layerPreview,
    resolved: ResolvedFlag.meta({
      description: 'Configuration that SDKs of the scope would receive',
    }),
    risk: ShownRisk.meta({ description: 'Risk of the change' }),
    ...warningsMember,
  })
  .describe('Effect of the layer')

export type LayerInput = z.infer<typeof LayerInput>
export type LayerPatch = z.infer<typeof LayerPatch>
export type RolloutInput = z.infer<typeof RolloutInput>
export type ServeInput = z.infer<typeof ServeInput>
