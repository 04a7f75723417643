import { FlagDefinition, Instant, Key, Owner, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { LEGEND } from '../matrix/cell-states.ts'
import { MatrixQuery } from '../matrix/schemas.ts'

const KEY = '[a-z0-9][a-z0-9._-]*'
const ITEM = `${KEY}(/(${KEY}|\\*))?`

/** Flags of a page: one of them can have as many causes as scopes. */
const MAX_PAGE = 200

export const DriftQuery = MatrixQuery.extend({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE)
    .default(100)
    .meta({ description: 'Flags per page' }),
  scopes: z
    .string()
    .max(20_000)
    .regex(
      new RegExp(`^${ITEM}(,${ITEM})*$`),
      'Scopes are written as staging,production/acme, and all instances as production/*.',
    )
    .meta({
      description:
        'Scopes to compare, separated by commas. `production/*` names every instance in an environment that is not retired. `env` and `instance` of the query narrow them down',
      example: 'production/*',
    }),
  only: z
    .literal('unexplained')
    .optional()
    .meta({ description: '`unexplained` lists only flags with an unexplained difference' }),
})

const DriftCause = z
  .object({
    kind: z.enum(['killed', 'retired', 'rule', 'rollout', 'override', 'expired', 'layer']).meta({
      description:
        'A kill (`killed`), a retired instance, a rule on the instance or its tags, a rollout that has moved the scope, a layer with a note (`override`), one with an expired note, or one without (`layer`). The last two count as unexplained',
      example: 'override',
    }),
    scope: Scope.optional().meta({
      description:
        'Scope with the kill, the run or the layer; it can be the scope that this one is compared with',
      example: 'production/acme',
    }),
    rollout: Key.optional().meta({ description: 'Key of the rollout, for `rollout`' }),
    reason: z.string().optional().meta({
      description: 'Reason of the note, of the kill or of the state of the rollout',
      example: 'Acme tests the new checkout before its launch',
    }),
    owner: Owner.optional().meta({
      description: 'Owner of the note or of the quarantine, or the person who killed',
      example: 'team-acme',
    }),
    expiresAt: Instant.optional().meta({
      description: 'Planned end of the override, ISO 8601 in UTC',
    }),
  })
  .meta({ id: 'DriftCause', description: 'Cause of a difference between two scopes' })

const { key, kind, description, owner, tags } = FlagDefinition.shape

const DriftFlag = z
  .object({
    key,
    kind,
    description,
    owner,
    tags,
    cells: z.string().meta({
      description: `One character for each of \`scopes\`, in their order. ${LEGEND}`,
      example: '++2+',
    }),
    own: z.array(z.int()).meta({
      description: 'Positions in `scopes` of those with a layer of their own',
      example: [2],
    }),
    unexplained: z.int().meta({
      description: 'Number of scopes that differ by a layer without a valid note',
      example: 1,
    }),
    differs: z
      .array(
        z.object({
          position: z.int().meta({ description: 'Position in `scopes`', example: 2 }),
          configuration: z.int().min(1).meta({
            description:
              'Number of the configuration; scopes with equal numbers serve alike, and those that are not listed serve the most common one',
            example: 1,
          }),
          cause: DriftCause.describe('Cause of the difference'),
        }),
      )
      .meta({ description: 'Scopes that differ from the most common configuration' }),
    dependants: z
      .array(key)
      .optional()
      .meta({
        description:
          'Flags that require this one, also through others: they can serve the scopes differently because of it, even if they are not listed. Absent for none',
        example: ['one-click-payment'],
      }),
  })
  .meta({ id: 'DriftFlag', description: 'A flag that scopes serve differently' })

export const Drift = z
  .object({
    version: z.int().meta({ description: 'Version of the project', example: 42 }),
    scopes: z.array(Scope).meta({ description: 'Compared scopes' }),
    total: z.int().meta({ description: 'Flags that differ, on all pages', example: 14 }),
    unexplained: z.int().meta({
      description: 'Flags with an unexplained difference, on all pages',
      example: 3,
    }),
    flags: z.array(DriftFlag).meta({
      description: 'Flags of this page, those with an unexplained difference first',
    }),
    next: z.string().optional().meta({
      description: '`cursor` of the next page; absent on the last page',
      example: '0new-checkout',
    }),
  })
  .meta({ id: 'Drift', description: 'Flags that scopes serve differently' })

export type Drift = z.infer<typeof Drift>
export type DriftFlag = z.infer<typeof DriftFlag>
export type DriftCause = z.infer<typeof DriftCause>
