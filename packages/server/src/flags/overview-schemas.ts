import { Key, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { Matrix } from '../matrix/schemas.ts'
import { ShownRun } from '../rollouts/run-schemas.ts'
import { CellOverview } from './cell-overview.ts'
import { ResolvedFlag } from './layers/schemas.ts'
import { ShownFlag } from './shown-flag.ts'

export const OverviewQuery = strict({
  scope: Scope.optional().meta({
    description:
      'Scope to look at; by default the first protected environment, or the last environment if none is protected',
    example: 'production/acme',
  }),
  cell: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({
      description:
        '`true` adds the authors of the layers, the programs and the exposures as `cell`',
    }),
})

const RunningRollout = z
  .object({
    key: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
    environment: Key.meta({ description: 'Key of its environment', example: 'production' }),
    state: ShownRun.shape.state.optional().meta({
      description: 'State of its run in the scope; absent without a run there',
      example: 'exposing',
    }),
  })
  .meta({ id: 'RunningRollout', description: 'Rollout in progress' })

export const FlagOverview = z
  .object({
    flag: ShownFlag.meta({ description: 'The flag, with the layers that the key may see' }),
    matrix: Matrix.meta({ description: 'States of the flag in every scope' }),
    scope: Scope.meta({ description: 'Scope that was looked at', example: 'production/acme' }),
    version: z.int().meta({
      description:
        'Number of the last change of the layer in the scope, 0 for none. Between double quotes, it is the ETag that `If-Match` of a write takes',
      example: 812,
    }),
    resolved: ResolvedFlag.meta({ description: 'Configuration that SDKs of the scope receive' }),
    rollouts: z.array(RunningRollout).meta({
      description:
        'Rollouts of the flag in progress where the scope is served; empty for a key that is bound to a scope',
    }),
    cell: CellOverview.optional().meta({
      description: 'Authors, programs and exposures of the scope; present for `cell=true`',
    }),
  })
  .meta({ id: 'FlagOverview', description: 'Flag in every scope, and its settings in one' })

export type FlagOverview = z.infer<typeof FlagOverview>
