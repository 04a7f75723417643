import { z } from 'zod'
import { FlagType, Prerequisite } from './flag.ts'
import { strict } from './strict.ts'
import { Rollout, Rule, Serve, When } from './targeting.ts'

const CallersDefault = strict({
  variant: z.string().max(0).meta({ description: "Empty for the caller's fallback" }),
})

const configuration = {
  on: z.boolean().meta({ description: 'Switch: `false` serves the off variant', example: true }),
  off: z.string().meta({
    description:
      "Key of the variant of a flag that is off, killed or has an unmet prerequisite; empty for the caller's fallback",
    example: 'off',
  }),
  killed: z.boolean().optional().meta({ description: 'Kill: `true` serves the off variant' }),
  rules: z.array(Rule).optional().meta({
    description: 'Targeting rules; the first match determines the serve',
  }),
  rollout: Rollout.optional().meta({ description: 'Rollout to a share of the units' }),
  fallthrough: z.union([...Serve.options, CallersDefault]).meta({
    description:
      "Variant or split for contexts that match no rule and are not treated; an empty variant for the caller's fallback",
    example: { variant: 'off' },
  }),
  revision: z.int().min(0).meta({
    description: 'Number of the last change that may have changed how the flag is served',
    example: 812,
  }),
}

export const FlagConfiguration = z
  .object(configuration)
  .meta({ id: 'FlagConfiguration', description: 'Resolved settings of a flag in one scope' })

export const RulesetFlag = z
  .object({
    type: FlagType.meta({ description: "Type of the variants' values", example: 'boolean' }),
    variants: z.record(z.string(), z.json()).meta({
      description: 'Values by variant key',
      example: { off: false, on: true },
    }),
    ...configuration,
    prerequisites: z.array(Prerequisite).optional().meta({
      description: 'Flags that must serve certain variants first',
    }),
    serverOnly: z.literal(true).optional().meta({
      description: 'Mark of a flag that client keys cannot see, in rulesets for servers',
    }),
    instances: z.record(z.string(), FlagConfiguration).optional().meta({
      description: 'Different settings of instances by instance key, in rulesets of environments',
    }),
  })
  .meta({ id: 'RulesetFlag', description: 'Flag of a ruleset' })

export const RulesetSegment = z
  .object({
    include: z.array(z.string()).meta({ description: 'Targeting keys that are always members' }),
    exclude: z.array(z.string()).meta({
      description: 'Targeting keys that are never members; they override `include`',
    }),
    when: When,
    salt: z.string().optional().meta({
      description: 'Salt of the hashed targeting keys in `include` and `exclude`',
      example: '4f1c2a9b7d3e6058',
    }),
  })
  .meta({ id: 'RulesetSegment', description: 'Segment of a ruleset' })

/**
 * The wire format of `docs/spec.md` §2. A test keeps it equal to the types in `ruleset/wire.ts`.
 */
export const Ruleset = z
  .object({
    spec: z.literal(1).meta({ description: 'Version of the format' }),
    project: z.string().meta({ description: 'Key of the project', example: 'shop' }),
    scope: z.string().meta({
      description: 'Environment, or instance in an environment',
      example: 'production/acme',
    }),
    epoch: z.string().meta({
      description: 'Identity of the change log; versions are comparable within one epoch',
      example: '9f86d081884c7d65',
    }),
    version: z.int().min(0).meta({
      description: 'Sequence number of the last change that affected the ruleset',
      example: 812,
    }),
    flags: z.record(z.string(), RulesetFlag).meta({ description: 'Flags by key' }),
    segments: z.record(z.string(), RulesetSegment).meta({ description: 'Segments by key' }),
    hash: z.string().optional().meta({
      description: 'First 16 digits of the hash of the change `version`, for cursors',
      example: '5d41402abc4b2a76',
    }),
  })
  .meta({ id: 'Ruleset', description: 'Compiled configuration of one scope' })

export const RulesetPatch = z
  .object({
    epoch: z.string().meta({ description: 'Epoch of both versions' }),
    from: z.int().min(0).meta({ description: 'Version before the patch', example: 811 }),
    to: z.int().min(0).meta({ description: 'Version after the patch', example: 812 }),
    flags: z.record(z.string(), RulesetFlag.nullable()).meta({
      description: 'Changed flags by key; `null` removes a flag',
    }),
    segments: z.record(z.string(), RulesetSegment.nullable()).meta({
      description: 'Changed segments by key; `null` removes a segment',
    }),
    hash: z.string().optional().meta({
      description: '`hash` of the ruleset after the patch',
      example: '5d41402abc4b2a76',
    }),
  })
  .meta({ id: 'RulesetPatch', description: 'Edits from one version of a ruleset to another' })
