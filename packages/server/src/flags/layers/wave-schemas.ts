import { Key, Layer, Scope, strict, Tags } from '@flaghoist/core/schema'
import { z } from 'zod'
import { warningsMember } from '../../projects/write-warnings.ts'
import { ShownRisk } from '../risk/schemas.ts'
import { LayerPatch, layerPreview } from './schemas.ts'

const MAX_SCOPES = 1_000

/** The same change of a layer for many scopes. */
export const WaveRequest = strict({
  scopes: z
    .array(Scope)
    .min(1)
    .max(MAX_SCOPES)
    .optional()
    .meta({
      description: `Scopes to change, 1 to ${MAX_SCOPES}`,
      example: ['production/acme', 'production/globex'],
    }),
  selector: strict({
    environment: Key.meta({ description: 'Environment of the scopes', example: 'production' }),
    tags: Tags.meta({
      description: 'Tags that an instance must have, all of them; `{}` selects every instance',
      example: { wave: 'pilot' },
    }),
  })
    .optional()
    .meta({ description: 'Instances to change, instead of `scopes`; skips retired ones' }),
  layer: LayerPatch.meta({ description: 'Members to change in each layer' }),
})
  .refine(({ scopes, selector }) => (scopes === undefined) !== (selector === undefined), {
    message: 'Set either "scopes" or "selector".',
  })
  .meta({
    id: 'WaveRequest',
    description: 'Change of the layers of many scopes',
    example: {
      selector: { environment: 'production', tags: { region: 'eu' } },
      layer: { rollout: { percent: 25 } },
    },
  })

const scope = Scope.meta({ description: 'Scope of the layer', example: 'production/acme' })

export const WaveResult = z
  .object({
    version: z.int().meta({ description: 'Version of the project afterwards', example: 813 }),
    layers: z
      .array(z.object({ scope, layer: Layer.meta({ description: 'Stored layer' }) }))
      .meta({ description: 'Layers of the wave, in the order of its scopes' }),
    ...warningsMember,
  })
  .describe('Layers updated')

export const WavePreview = z
  .object({
    layers: z
      .array(z.object({ scope, ...layerPreview }))
      .meta({ description: 'Effect in each scope' }),
    risk: ShownRisk.meta({ description: 'Risk of the change in all scopes together' }),
    ...warningsMember,
  })
  .describe('Effect of the wave in each scope')
