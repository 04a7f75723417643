import { FlagKey, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ShownChange } from '../changes/schemas.ts'
import { LayerPatch } from '../flags/layers/schemas.ts'
import { ShownRisk } from '../flags/risk/schemas.ts'
import { LEGEND } from '../matrix/cell-states.ts'
import { warningsMember } from '../projects/write-warnings.ts'

const MAX_EDITS = 500

const LayerEdit = strict({
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  scope: Scope.meta({ description: 'Scope of the layer', example: 'production/acme' }),
  layer: LayerPatch.nullable().meta({
    description: 'Members of the layer to change; `null` deletes the layer',
  }),
})

const AlignEdit = strict({
  flag: LayerEdit.shape.flag,
  scope: Scope.meta({ description: 'Scope to align', example: 'production/acme' }),
  align: Scope.meta({
    description:
      'Reference: the scope that serves the flag as wanted. Equal shares can select different units, because the scope keeps its salts',
    example: 'production/initech',
  }),
})

const RevertEdit = strict({
  revert: z.int().min(1).meta({ description: 'Number of the change to revert', example: 812 }),
})

export const EditsRequest = strict({
  edits: z
    .array(z.union([LayerEdit, AlignEdit, RevertEdit]))
    .min(1)
    .max(MAX_EDITS)
    .meta({ description: `Edits in their order, 1 to ${MAX_EDITS}` }),
}).meta({
  id: 'EditsRequest',
  description: 'Several edits that are stored as one change',
  example: {
    edits: [
      { flag: 'new-checkout', scope: 'production', layer: { on: false } },
      { flag: 'new-checkout', scope: 'production/acme', layer: { rollout: { percent: 50 } } },
    ],
  },
})

const version = z.int().meta({ description: 'Version of the project', example: 813 })

export const EditsResult = z.object({
  version,
  change: ShownChange.optional().meta({
    description: 'The new change; absent if nothing had to change',
  }),
  ...warningsMember,
})

const cell = z.string().meta({ description: 'Character of a cell, as in a matrix', example: '+' })

const FlagPreview = z
  .object({
    flag: FlagKey.meta({ description: 'Key of the flag' }),
    cells: z
      .array(
        z.object({
          scope: Scope.meta({ description: 'Scope that would change' }),
          from: cell,
          to: cell,
        }),
      )
      .meta({ description: `Cells that would look different. ${LEGEND}` }),
    risk: ShownRisk.meta({
      description: 'Risk for the flag: users moved in each scope, closed scopes and dependants',
    }),
  })
  .meta({ id: 'FlagPreview', description: 'Effect of edits on a flag' })

export const EditsPreview = z
  .object({
    version,
    flags: z
      .array(FlagPreview)
      .meta({ description: 'Flags that the edits change or affect, in order of their keys' }),
    ...warningsMember,
  })
  .meta({ id: 'EditsPreview', description: 'Effect of edits' })

export type RequestedEdit = z.infer<typeof EditsRequest>['edits'][number]
export type FlagPreview = z.infer<typeof FlagPreview>
