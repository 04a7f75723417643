import { FlagDefinition, Instant, Key } from '@flaghoist/core/schema'
import { z } from 'zod'
import { PageQuery } from '../http/pagination.ts'
import { CELL_STATES, LEGEND } from './cell-states.ts'

export const MatrixQuery = PageQuery.extend({
  query: z
    .string()
    .max(500)
    .default('')
    .meta({
      description: `Query of flags and columns, such as \`state:rolling,held env:production owner:me -tag:team:checkout "one page"\`. All terms must match. A comma separates values, and \`-\` excludes. Qualifiers: \`state\` (${CELL_STATES.join(', ')}), \`env\`, \`instance\`, \`flag\`, \`owner\`, \`tag\`, \`kind\`, \`is\` (archived, client, overdue, permanent, stale)`,
      example: 'state:rolling',
    }),
})

const { key, kind, description, owner, tags } = FlagDefinition.shape

const MatrixFlag = z
  .object({
    key,
    kind,
    description,
    owner,
    tags,
    changedAt: Instant.optional().meta({
      description: 'Instant of the last change of the flag or one of its layers',
    }),
    cells: z.record(Key, z.string()).meta({
      description: `Characters by environment: the environment itself, then its instances in the order of \`instances\`. ${LEGEND}`,
      example: { production: '+++Bj-' },
    }),
    own: z.record(Key, z.array(z.int())).meta({
      description:
        'Positions in `cells` of the scopes with a layer of their own, by environment; an environment without any is left out',
      example: { production: [0, 3] },
    }),
  })
  .meta({ id: 'MatrixFlag', description: 'A flag in each environment and instance' })

export const Matrix = z
  .object({
    version: z.int().meta({ description: 'Version of the project', example: 42 }),
    total: z.int().meta({ description: 'Flags that match the query, on all pages', example: 14 }),
    environments: z.array(Key).meta({ description: 'Keys of the selected environments' }),
    instances: z.array(Key).meta({ description: 'Keys of the selected instances, in order' }),
    flags: z.array(MatrixFlag).meta({ description: 'Flags of this page, in order of their keys' }),
    next: z.string().optional().meta({
      description: '`cursor` of the next page; absent on the last page',
      example: 'new-checkout',
    }),
  })
  .meta({ id: 'Matrix', description: 'States of flags in environments and instances' })

export type Matrix = z.infer<typeof Matrix>
