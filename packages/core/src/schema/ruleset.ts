import { z } from 'zod'
import { FlagType, Prerequisite } from './entities.ts'
import { Rollout, Rule, Serve, When } from './targeting.ts'

const configuration = {
  on: z.boolean(),
  off: z.string(),
  killed: z.boolean().optional(),
  rules: z.array(Rule).optional(),
  rollout: Rollout.optional(),
  fallthrough: Serve,
  revision: z.int().min(0),
}

export const FlagConfiguration = z.object(configuration).meta({ id: 'FlagConfiguration' })

export const RulesetFlag = z
  .object({
    type: FlagType,
    variants: z.record(z.string(), z.json()),
    ...configuration,
    prerequisites: z.array(Prerequisite).optional(),
    serverOnly: z.literal(true).optional(),
    instances: z.record(z.string(), FlagConfiguration).optional(),
  })
  .meta({ id: 'RulesetFlag' })

export const RulesetSegment = z
  .object({
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    when: When,
    salt: z.string().optional(),
  })
  .meta({ id: 'RulesetSegment' })

/** The wire format of `docs/spec.md` §2; held equal to the types in `ruleset.ts` by a test. */
export const Ruleset = z
  .object({
    spec: z.literal(1),
    project: z.string(),
    scope: z.string(),
    epoch: z.string(),
    version: z.int().min(0),
    flags: z.record(z.string(), RulesetFlag),
    segments: z.record(z.string(), RulesetSegment),
  })
  .meta({ id: 'Ruleset' })

export const RulesetPatch = z
  .object({
    epoch: z.string(),
    from: z.int().min(0),
    to: z.int().min(0),
    flags: z.record(z.string(), RulesetFlag.nullable()),
    segments: z.record(z.string(), RulesetSegment.nullable()),
  })
  .meta({ id: 'RulesetPatch' })
