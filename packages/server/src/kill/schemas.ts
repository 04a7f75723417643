import { FlagKey, KillByTag, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { BodyReason } from '../http/reason.ts'

const Scopes = z
  .array(Scope)
  .min(1)
  .max(1_000)
  .optional()
  .meta({
    description:
      'Scopes to change. `["*"]` means everything that the key may change, and so does a request without scopes',
    example: ['production/acme'],
  })

/** The documented body of a kill. `read-kill.ts` reads it, because a kill accepts any body. */
export const KillRequest = strict({ scopes: Scopes, reason: BodyReason })
  .meta({
    id: 'KillRequest',
    description: 'Scopes of a kill; the body may be left out',
    example: { scopes: ['production/acme'] },
  })
  .nullish()

export const RestoreRequest = strict({ scopes: Scopes, reason: BodyReason })
  .meta({
    id: 'RestoreRequest',
    description: 'Scopes in which to remove a kill; the body may be left out',
    example: { scopes: ['production/acme'] },
  })
  .nullish()

const TagMap = z.record(z.string(), z.string())

/** The flags and instances that a kill selects. Strict, because it determines the target. */
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
    .array(z.string())
    .min(1)
    .optional()
    .meta({
      description: 'Keys of environments to kill in; by default all',
      example: ['production'],
    }),
  reason: z.unknown().optional().meta({
    description: 'Reason of the kill; the query member `reason` replaces it',
    deprecated: true,
  }),
})
  .refine(({ flagTags, instanceTags }) => flagTags !== undefined || instanceTags !== undefined, {
    message: 'Set flagTags, instanceTags, or both; {} matches all.',
  })
  .meta({
    id: 'KillByTagRequest',
    description: 'Tags of the flags and instances to kill',
    example: { flagTags: { team: 'checkout' } },
  })

const KillWarning = z.object({
  code: z
    .enum([
      'BODY_IGNORED',
      'MEMBER_IGNORED',
      'REASON_IGNORED',
      'REASON_SHORTENED',
      'SCOPES_IGNORED',
      'SCOPE_FORBIDDEN',
      'SCOPE_NOT_FOUND',
      'ENTITY_NOT_FOUND',
      'KILL_NOT_JOURNALED',
    ])
    .meta({ description: 'Stable code of the warning', example: 'SCOPE_NOT_FOUND' }),
  message: z.string().meta({
    description: 'Part of the request that the kill did not use, or its risk, with the reason',
    example: 'There is no scope "prodction" in this project. Did you mean "production"?',
  }),
})

export type KillWarning = z.infer<typeof KillWarning>

const progress = {
  version: z.int().meta({
    description: 'Version of the project with the change; SDKs that hold it obey',
    example: 812,
  }),
  warnings: z
    .array(KillWarning)
    .optional()
    .meta({ description: 'Parts of the request that the kill did not use' }),
  propagation: z.string().meta({
    description: 'Path of the report that lists the SDKs with the version',
    example: '/api/v1/projects/default/propagation?seq=812',
  }),
}

export const KillReceipt = z
  .object({
    ...progress,
    changed: z
      .array(
        z.object({
          flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
          scope: Scope.meta({ description: 'Scope of the kill', example: 'production/acme' }),
        }),
      )
      .meta({ description: 'Flags and scopes that the request changed' }),
  })
  .meta({ id: 'KillReceipt', description: 'Effect of a kill or of its removal' })
  .describe('Stored, and sent to every connected SDK')

export type KillReceipt = z.infer<typeof KillReceipt>

export const KillByTagReceipt = z
  .object({
    ...progress,
    flags: KillByTag.shape.flags.meta({
      description: 'Keys of the flags that the request changed; empty if all were killed before',
      example: ['new-checkout', 'express-checkout'],
    }),
    scopes: KillByTag.shape.scopes.meta({
      description: 'Scopes in which all of them are killed now',
      example: ['production/acme', 'production/globex'],
    }),
  })
  .meta({ id: 'KillByTagReceipt', description: 'Effect of a kill by tag' })
  .describe('Stored, and sent to every connected SDK')

export type KillByTagReceipt = z.infer<typeof KillByTagReceipt>

const localProgress = {
  state: z
    .literal('local, will be committed')
    .meta({ description: 'State of the kill: it applies to the SDKs of this server' }),
  sent: z
    .array(
      z.object({
        scope: Scope.meta({ description: 'Scope of the SDKs', example: 'production/acme' }),
        sdks: z.int().meta({ description: 'Number of connected SDKs', example: 3 }),
      }),
    )
    .meta({ description: 'SDKs of this server that the kill was sent to, by scope' }),
  warnings: z
    .array(KillWarning)
    .optional()
    .meta({ description: 'Parts of the request that the kill did not use, and its risks' }),
}

const LOCAL =
  'The store takes no writes now. The kill applies to the SDKs of this server, and is committed before any other write as soon as the store takes it'

export const LocalKillReceipt = z
  .object({ ...localProgress, changed: KillReceipt.shape.changed })
  .meta({ id: 'LocalKillReceipt', description: 'Effect of a kill that is not committed yet' })
  .describe(LOCAL)

export const LocalKillByTagReceipt = z
  .object({
    ...localProgress,
    flags: KillByTagReceipt.shape.flags,
    scopes: KillByTagReceipt.shape.scopes,
  })
  .meta({
    id: 'LocalKillByTagReceipt',
    description: 'Effect of a kill by tag that is not committed yet',
  })
  .describe(LOCAL)
