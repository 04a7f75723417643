import { onVariantOf } from '@flaghoist/core/model'
import { bucketsOf, type Rollout } from '@flaghoist/core/schema'
import type { z } from 'zod'
import { problem } from '../../errors.ts'
import { withoutUndefined } from '../../without-undefined.ts'
import { completeServe } from './complete-serve.ts'
import type { LayerPast } from './layer-past.ts'
import type { RolloutInput } from './schemas.ts'

type RolloutValue = z.infer<typeof Rollout>

/**
 * Completes a rollout. It continues the current one of the scope, and keeps the salt that the layer
 * had first.
 * @throws {FlaghoistError} `WEIGHTS_INVALID`, `REQUEST_INVALID`
 */
export function completeRollout(input: RolloutInput, layer: LayerPast): RolloutValue {
  const before = layer.current.rollout as RolloutValue | undefined
  const { variant, serve, by, salt, segments, planRun, step } = input
  const served = serve ?? (variant === undefined ? undefined : { variant })
  return withoutUndefined({
    planRun,
    step,
    by: by ?? before?.by ?? 'targetingKey',
    salt: salt ?? layer.past?.rollout?.salt ?? before?.salt ?? layer.saltFor('rollout'),
    share: shareOf(input) ?? before?.share ?? 0,
    serve:
      served === undefined
        ? (before?.serve ?? { variant: onVariantOf(layer.flag) ?? 'on' })
        : completeServe(served, 'rollout', layer),
    segments: segments ?? before?.segments,
  })
}

function shareOf({ share, percent }: RolloutInput): number | undefined {
  if (share !== undefined && percent !== undefined)
    throw problem('REQUEST_INVALID', { problem: 'A rollout has a share or a percent, not both.' })
  return share ?? (percent && bucketsOf(percent))
}
