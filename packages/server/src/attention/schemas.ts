import { FlagKey, Instant, Key, Scope, SEVERITIES, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { Matrix, MatrixQuery } from '../matrix/schemas.ts'
import { Safety } from '../rollouts/run-schemas.ts'

/** The situations that need a person, in the order in which they are listed. */
const KINDS = [
  'rolled-back',
  'held',
  'at-gate',
  'quarantined',
  'killed',
  'paused',
  'closed',
] as const

const AttentionItem = z
  .object({
    kind: z.enum(KINDS).meta({
      description:
        'Situation; `at-gate`: a person must advance the runs; `closed`: a freeze or business hours keep them from their next step',
      example: 'held',
    }),
    severity: z.enum(SEVERITIES).meta({ description: 'Severity', example: 'warning' }),
    since: Instant.meta({
      description:
        'Instant of the kill, or of the latest entry of a scope into its state, ISO 8601 in UTC. For a pause, the start of the rollout',
    }),
    what: z.string().meta({
      description: 'The situation and its scopes, in one sentence',
      example: 'The rollout of "new-checkout" is held in production/acme.',
    }),
    reason: z.string().optional().meta({
      description: 'The verdict, or the reason that a person gave',
      example: 'acme: about 340 more users decide.',
    }),
    todo: z.string().meta({
      description: 'The next step of the reader',
      example: 'Use "rollback" to end it there, or "resume" to continue.',
    }),
    flags: z.array(FlagKey).meta({ description: 'Keys of the flags', example: ['new-checkout'] }),
    rollout: Key.optional().meta({
      description: 'Key of the rollout; absent for a kill',
      example: 'new-checkout-2026-11',
    }),
    scopes: z.array(Scope).meta({ description: 'Scopes', example: ['production/acme'] }),
    owner: z.string().optional().meta({
      description: 'Responsible for a quarantine, or the person who killed',
      example: 'Ada',
    }),
  })
  .meta({ id: 'AttentionItem', description: 'Situation that needs a person' })

const count = (things: string) => z.int().meta({ description: `Number of ${things}`, example: 2 })

const WatchedRollout = Safety.extend({
  rollout: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
}).meta({ id: 'WatchedRollout', description: 'Rollout in progress, and what it lacks to be safe' })

/** Flags of a matrix at most. */
export const MATRIX_FLAGS = 500

export const AttentionQuery = strict({
  query: MatrixQuery.shape.query.removeDefault().optional().meta({
    description:
      'Query of flags whose states `matrix` has, such as those that a rollout changes; see `getMatrix`',
    example: 'state:rolling,held,killed',
  }),
})

export const Attention = z
  .object({
    version: z.int().meta({ description: 'Version of the project', example: 812 }),
    flags: z.int().meta({
      description: 'Number of flags that are not archived; 0 for a project that has just begun',
      example: 60,
    }),
    items: z.array(AttentionItem).meta({ description: 'Situations, most severe and newest first' }),
    counts: z
      .object({
        rolledBack: count('scopes that a rollout in progress has rolled back'),
        held: count('scopes that are held'),
        quarantined: count('scopes in quarantine'),
        killed: count('killed flags'),
        overdue: count('flags due for removal'),
      })
      .meta({ description: 'Numbers of affected scopes and flags' }),
    drift: z
      .object({
        scopes: z.string().meta({
          description: 'Compared scopes, as the list of differing flags takes them',
          example: 'production/*',
        }),
        flags: count('flags with an unexplained difference'),
      })
      .optional()
      .meta({
        description:
          'Unexplained differences between the instances of the first protected environment, or of the last environment if none is protected; absent if the key sees fewer than 2 instances that are not retired',
      }),
    watching: z
      .object({
        running: count('rollouts in progress'),
        safe: count('rollouts in progress that are safe to stop watching'),
        rollouts: z
          .array(WatchedRollout)
          .meta({ description: 'The first 50 rollouts in progress that are not safe yet' }),
      })
      .meta({ description: 'Rollouts in progress' }),
    last: z
      .object({
        version: z.int().meta({ description: 'Number of the change', example: 812 }),
        at: Instant.meta({ description: 'Instant of the change, ISO 8601 in UTC' }),
        actor: z.string().meta({ description: 'Name of the actor', example: 'Ada' }),
        text: z.string().meta({
          description: 'The change in one sentence',
          example: 'Created the flag "new-checkout".',
        }),
      })
      .optional()
      .meta({ description: 'Last change that the key may see' }),
    matrix: Matrix.optional().meta({
      description: `States of the flags that match \`query\`, at most ${MATRIX_FLAGS}; absent without a query`,
    }),
  })
  .meta({ id: 'Attention', description: 'Situations of a project that need a person' })

export type AttentionItem = z.infer<typeof AttentionItem>
export type Attention = z.infer<typeof Attention>
