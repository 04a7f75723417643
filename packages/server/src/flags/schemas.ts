import { Flag, FlagDefinition, FlagKey, FlagType, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { warningsMember } from '../projects/write-warnings.ts'
import { LayerInput } from './layers/schemas.ts'

const { key: _key, type: _type, archivedAt: _archivedAt, ...definition } = FlagDefinition.shape

/**
 * A new flag. Its key alone creates a boolean release flag with the variants `on` and `off`, off.
 */
export const FlagInput = strict({
  key: FlagKey.meta({ description: 'Key of the flag; it never changes', example: 'new-checkout' }),
  type: FlagType.default('boolean').meta({ description: 'Type of the values; it never changes' }),
  ...partial(definition),
  layers: z
    .record(Scope, LayerInput)
    .optional()
    .meta({
      description: 'Initial layers by scope; `*` applies everywhere',
      example: { production: { on: true } },
    }),
}).meta({
  id: 'FlagRequest',
  description: 'New flag; its key is enough',
  example: {
    key: 'new-checkout',
    description: 'The checkout with one page instead of three',
    tags: { team: 'checkout' },
    clientVisible: true,
  },
})

export type FlagInput = z.infer<typeof FlagInput>

/** The flag that a write has stored. */
export const WrittenFlag = strict({ ...Flag.shape, ...warningsMember }).meta({
  ...Flag.meta(),
  id: 'WrittenFlag',
})

/** Members of a flag to change. */
export const FlagPatch = strict({
  ...partial(definition),
  expectedRemovalAt: definition.expectedRemovalAt.nullable(),
}).meta({
  id: 'FlagPatch',
  description: 'Members of a flag to change',
  example: { description: 'One page instead of three', owner: 'team-checkout' },
})

export type FlagPatch = z.infer<typeof FlagPatch>

function partial<T extends z.ZodRawShape>(shape: T) {
  return z.object(shape).partial().shape
}
