import { FlagKey, Json, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

export const Context = z
  .looseObject({
    targetingKey: z.string().optional().meta({ description: 'Id of the subject', example: 'ada' }),
  })
  .default({})
  .meta({ description: 'Evaluation context: the targeting key and any attributes' })

const scope = Scope.meta({
  description: 'Environment or instance to evaluate in',
  example: 'production/acme',
})

const EXAMPLE = { scope: 'production/acme', context: { targetingKey: 'ada', plan: 'pro' } }

const MAX_SCOPES = 10

export const EvaluateAllRequest = strict({
  scope: z.union([scope, z.array(scope).min(1).max(MAX_SCOPES)]).meta({
    description: `Environment or instance to evaluate in, or a list of 1 to ${MAX_SCOPES} of them`,
    example: ['staging', 'production/acme'],
  }),
  context: Context,
}).meta({
  id: 'EvaluateAllRequest',
  description: 'Scopes and context of an evaluation of all flags',
  example: EXAMPLE,
})

export const EvaluateRequest = strict({
  scope,
  context: Context,
  fallback: Json.optional().meta({
    description: 'Value that the calling code would return without a variant',
    example: false,
  }),
}).meta({
  id: 'EvaluateRequest',
  description: 'Scope and context of an evaluation',
  example: EXAMPLE,
})

const place = {
  by: z
    .string()
    .meta({ description: 'Attribute that identifies the unit', example: 'targetingKey' }),
  bucket: z.int().optional().meta({
    description: 'Bucket of the unit, 0 to 99,999; absent if the context lacks the attribute',
    example: 17_204,
  }),
}

export const ExplainedFlag = z
  .object({
    key: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
    value: z.json().optional().meta({
      description: "Value that SDKs return; absent for the fallback of the caller's code",
      example: true,
    }),
    variant: z.string().optional().meta({
      description: 'Key of the variant; absent where SDKs return the fallback',
      example: 'on',
    }),
    reason: z.string().meta({ description: 'Reason, as in OpenFeature', example: 'SPLIT' }),
    reasonDetail: z.string().optional().meta({
      description: 'Detail of the reason, such as `killed`, `off` or `bucket-key-missing`',
    }),
    errorCode: z.string().optional().meta({ description: 'Code of a failed evaluation' }),
    errorMessage: z.string().optional().meta({ description: 'Description of the failure' }),
    decision: z
      .enum(['killed', 'off', 'prerequisite', 'rule', 'rollout', 'fallthrough'])
      .optional()
      .meta({
        description: 'Part of the flag that decided; absent after an error',
        example: 'rollout',
      }),
    layer: z.string().optional().meta({
      description:
        'Scope of the layer that sets the deciding member, `default` for a member that no layer sets, or `retired`',
      example: 'production',
    }),
    rule: z
      .object({
        id: z.string().meta({ description: 'Id of the rule', example: 'paying-customers' }),
        name: z
          .string()
          .optional()
          .meta({ description: 'Display name', example: 'Paying customers' }),
      })
      .optional()
      .meta({ description: 'Rule that decided' }),
    arm: z.enum(['treatment', 'control']).optional().meta({
      description: 'Arm of the rollout; absent for a context that it does not compare',
    }),
    planRun: z.string().optional().meta({ description: 'Plan run of the rollout' }),
    step: z.int().optional().meta({ description: 'Index of the step of the plan, from 0' }),
    rollout: z
      .object({
        ...place,
        share: z.int().meta({
          description: 'Number of treated buckets: those below it',
          example: 25_000,
        }),
      })
      .optional()
      .meta({ description: 'Place of the unit in the rollout; absent if no rollout was reached' }),
    split: z.object(place).optional().meta({
      description: 'Place of the unit in the split that decided; absent without a split',
    }),
  })
  .meta({ id: 'ExplainedFlag', description: 'Evaluated flag, with the cause of its value' })

export const ExplainedFlags = z
  .object({
    version: z.int().meta({ description: 'Version of the project', example: 812 }),
    items: z
      .array(
        ExplainedFlag.extend({ scope }).meta({
          id: 'ExplainedFlagInScope',
          description: 'Evaluated flag in a scope, with its reason',
        }),
      )
      .meta({ description: 'Evaluated flags in order of the scopes, then of their keys' }),
  })
  .describe('Evaluated flags')
