import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Json } from './json.ts'
import { FlagKey, Instant, Key, Owner, Scope, Tags, Text } from './keys.ts'
import { strict } from './strict.ts'
import { Rollout, Rule, Serve } from './targeting.ts'

const BOOLEAN_VARIANTS = [
  { key: 'on', value: true },
  { key: 'off', value: false },
]

export const Variant = strict({
  key: Key.meta({ description: 'Key of the variant, unique in its flag', example: 'on' }),
  value: Json.meta({
    description: `Value of the flag's type, at most ${LIMITS.valueBytes} bytes of JSON`,
    example: true,
  }),
  description: Text.optional().meta({
    description: `Description, at most ${LIMITS.textLength} characters`,
    example: 'The new checkout',
  }),
}).meta({
  id: 'Variant',
  description: 'Named value of a flag',
  example: { key: 'on', value: true, description: 'The new checkout' },
})

export const Prerequisite = strict({
  flag: FlagKey.meta({ description: 'Key of the required flag', example: 'new-payment-api' }),
  variants: z
    .array(Key)
    .min(1)
    .max(LIMITS.variants)
    .meta({
      description: `Keys of the accepted variants, 1 to ${LIMITS.variants}`,
      example: ['on'],
    }),
})

export const FlagType = z.enum(['boolean', 'string', 'number', 'json'])

/** A flag without its layers: its identity and its variants, not its settings in scopes. */
export const FlagDefinition = strict({
  key: FlagKey.meta({ description: 'Key of the flag' }),
  type: FlagType.meta({ description: "Type of the variants' values", example: 'boolean' }),
  kind: z.enum(['release', 'experiment', 'ops', 'permission', 'config']).meta({
    description: 'Purpose of the flag',
    example: 'release',
  }),
  variants: z
    .array(Variant)
    .min(1)
    .max(LIMITS.variants)
    .meta({ description: `Variants, 1 to ${LIMITS.variants}`, example: BOOLEAN_VARIANTS }),
  description: Text.meta({
    description: `Description, at most ${LIMITS.textLength} characters`,
    example: 'The checkout on one page',
  }),
  owner: Owner,
  tags: Tags,
  clientVisible: z
    .boolean()
    .meta({ description: 'Visibility for client keys, such as browsers', example: true }),
  permanent: z.boolean().meta({
    description: 'Permanent place in the code; a kill by tag skips the flag',
    example: false,
  }),
  expectedRemovalAt: Instant.optional().meta({
    description: 'Planned removal from the code, ISO 8601 in UTC',
    example: '2027-03-01T00:00:00Z',
  }),
  prerequisites: z
    .array(Prerequisite)
    .max(LIMITS.prerequisites)
    .meta({
      description: `Flags that must serve certain variants first, at most ${LIMITS.prerequisites}`,
      example: [],
    }),
  archivedAt: Instant.optional().meta({
    description: 'Instant of archival, ISO 8601 in UTC; absent for an active flag',
  }),
}).meta({
  id: 'FlagDefinition',
  description: 'Flag without its layers',
  example: {
    key: 'new-checkout',
    type: 'boolean',
    kind: 'release',
    variants: BOOLEAN_VARIANTS,
    description: 'The checkout on one page',
    owner: 'team-checkout',
    tags: { team: 'checkout' },
    clientVisible: true,
    permanent: false,
    prerequisites: [],
  },
})

export const Kill = strict({
  at: Instant.meta({ description: 'Instant of the kill, ISO 8601 in UTC' }),
  by: z.string().meta({ description: 'Name of the actor', example: 'ada' }),
  reason: Text.meta({
    description: `Reason, at most ${LIMITS.textLength} characters`,
    example: 'Payment errors above 2 %',
  }),
}).meta({
  id: 'Kill',
  description: 'Emergency stop of a flag in a scope',
  example: { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'Payment errors above 2 %' },
})

/** The kill of many flags in many scopes: one entry of the log instead of one for each layer. */
export const KillByTag = strict({
  key: Key.meta({ description: 'Key of the kill', example: 'kill-812' }),
  flags: z.array(FlagKey).meta({
    description: 'Keys of the killed flags',
    example: ['new-checkout', 'express-checkout'],
  }),
  scopes: z.array(Scope).meta({
    description: 'Scopes in which the flags are killed',
    example: ['production/acme', 'production/globex'],
  }),
  killed: Kill.meta({ description: 'Kill that every layer of the flags in the scopes has' }),
}).meta({ id: 'KillByTag', description: 'Kill of many flags in many scopes' })

/**
 * The settings of a flag in one scope. An absent member is inherited from the more general scope.
 */
export const Layer = strict({
  on: z
    .boolean()
    .optional()
    .meta({ description: 'Switch: `false` serves the off variant', example: true }),
  off: Key.optional().meta({
    description:
      "Key of the variant of a flag that is off, killed or has an unmet prerequisite; without it, the caller's fallback is served",
    example: 'off',
  }),
  rules: z
    .array(Rule)
    .max(LIMITS.rules)
    .optional()
    .meta({
      description: `Targeting rules, at most ${LIMITS.rules}; the first match determines the serve`,
      example: [
        {
          id: 'paying-customers',
          when: [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]],
          serve: { variant: 'on' },
        },
      ],
    }),
  rollout: Rollout.nullable().optional().meta({
    description: 'Rollout; `null` removes the rollout of a more general scope',
  }),
  fallthrough: Serve.optional().meta({
    description:
      'Variant or split for contexts that match no rule and are not treated; by default the off variant, or the on variant of a boolean flag without rules and rollout',
    example: { variant: 'off' },
  }),
  killed: Kill.optional().meta({
    description: 'Kill: serves the off variant in this scope and in all scopes within it',
  }),
  note: strict({
    reason: Text.meta({
      description: `Reason for the settings, at most ${LIMITS.textLength} characters`,
      example: 'Acme tests the new checkout before its launch',
    }),
    owner: Owner.optional().meta({ description: 'Responsible team or person' }),
    expiresAt: Instant.optional().meta({
      description: 'Planned end of the settings, ISO 8601 in UTC',
      example: '2027-01-31T00:00:00Z',
    }),
  })
    .optional()
    .meta({
      description: 'Note for editors; not part of rulesets',
      example: { reason: 'Acme tests the new checkout before its launch', owner: 'team-acme' },
    }),
}).meta({
  id: 'Layer',
  description:
    'Settings of a flag in one scope; absent members are inherited from the more general scope',
  example: {
    on: true,
    rollout: {
      by: 'targetingKey',
      salt: 'new-checkout-1',
      share: 25_000,
      serve: { variant: 'on' },
    },
  },
})

export const Flag = strict({
  ...FlagDefinition.shape,
  layers: z.record(Scope, Layer).meta({
    description: 'Layers by scope; the layer `*` is required',
    example: {
      '*': { on: false, off: 'off' },
      production: { on: true },
    },
  }),
}).meta({
  id: 'Flag',
  description: 'Flag with its layers',
  example: {
    key: 'new-checkout',
    type: 'boolean',
    kind: 'release',
    variants: BOOLEAN_VARIANTS,
    description: 'The checkout on one page',
    owner: 'team-checkout',
    tags: { team: 'checkout' },
    clientVisible: true,
    permanent: false,
    prerequisites: [],
    layers: {
      '*': { on: false, off: 'off' },
      production: { on: true },
    },
  },
})

export type Flag = z.infer<typeof Flag>
export type FlagDefinition = z.infer<typeof FlagDefinition>
export type Kill = z.infer<typeof Kill>
export type KillByTag = z.infer<typeof KillByTag>
export type Layer = z.infer<typeof Layer>
export type Variant = z.infer<typeof Variant>
