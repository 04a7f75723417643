import { Key, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

const KillReason = z.string().trim().min(3).max(1_000).meta({
  description: 'Reason, shown in the change log and to people who ask why the flag is off',
  example: 'Checkout returns 500 for acme since 14:02',
})

const Scopes = z
  .array(Scope)
  .min(1)
  .max(1_000)
  .optional()
  .meta({
    description: 'Scopes to change; by default everything that the key may change',
    example: ['production/acme'],
  })

export const KillRequest = strict({ scopes: Scopes, reason: KillReason }).meta({
  id: 'KillRequest',
  description: 'Reason and scopes of a kill',
  example: {
    scopes: ['production/acme'],
    reason: 'Checkout returns 500 for acme since 14:02',
  },
})

export const RestoreRequest = strict({ scopes: Scopes, reason: KillReason.optional() }).meta({
  id: 'RestoreRequest',
  description: 'Scopes in which to remove a kill',
  example: { scopes: ['production/acme'], reason: 'Fixed in release 2.14.1' },
})

const TagMap = z.record(z.string(), z.string())

export const KillByTagRequest = strict({
  flagTags: TagMap.optional().meta({
    description: 'Tags that a flag must have, all of them; `{}` matches every flag',
    example: { team: 'checkout' },
  }),
  instanceTags: TagMap.optional().meta({
    description: 'Tags that an instance must have, all of them; `{}` matches every instance',
    example: { region: 'eu' },
  }),
  environments: z
    .array(Key)
    .min(1)
    .optional()
    .meta({
      description: 'Keys of environments to kill in; by default all',
      example: ['production'],
    }),
  reason: KillReason,
})
  .refine(({ flagTags, instanceTags }) => flagTags !== undefined || instanceTags !== undefined, {
    message: 'Set flagTags, instanceTags, or both; {} matches all.',
  })
  .meta({
    id: 'KillByTagRequest',
    description: 'Tags of the flags and instances to kill',
    example: { flagTags: { team: 'checkout' }, reason: 'Checkout fails everywhere since 14:02' },
  })

export const KillReceipt = z
  .object({
    version: z.int().meta({
      description: 'Version of the project with the change; SDKs that hold it obey',
      example: 812,
    }),
    changed: z
      .array(
        z.object({
          flag: Key.meta({ description: 'Key of the flag', example: 'new-checkout' }),
          scope: Scope.meta({ description: 'Scope of the kill', example: 'production/acme' }),
        }),
      )
      .meta({ description: 'Flags and scopes that the request changed' }),
    propagation: z.string().meta({
      description: 'Path of the report that lists the SDKs with the version',
      example: '/api/v1/projects/default/propagation?seq=812',
    }),
  })
  .meta({ id: 'KillReceipt', description: 'Effect of a kill or of its removal' })
  .describe('Stored, and sent to every connected SDK')

export type KillReceipt = z.infer<typeof KillReceipt>
