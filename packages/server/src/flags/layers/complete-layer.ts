import type { Layer } from '@flaghoist/core/schema'
import { withoutUndefined } from '../../without-undefined.ts'
import { completeRollout } from './complete-rollout.ts'
import { completeRules } from './complete-rules.ts'
import { completeServe } from './complete-serve.ts'
import type { LayerPast } from './layer-past.ts'
import type { LayerInput } from './schemas.ts'

/**
 * Completes the settings of a request to a layer as it is stored. Salts and ranges continue the
 * layer's past, so that people keep their variants.
 * @throws {FlaghoistError} `WEIGHTS_INVALID`, `REQUEST_INVALID`
 */
export function completeLayer(input: LayerInput, past: LayerPast): Layer {
  const { on, off, rules, rollout, fallthrough, note } = input
  return withoutUndefined({
    on,
    off,
    rules: rules && completeRules(rules, past),
    rollout: rollout && completeRollout(rollout, past),
    fallthrough: fallthrough && completeServe(fallthrough, 'fallthrough', past),
    note: note && storedNote(note),
  })
}

function storedNote({ expired: _, ...note }: NonNullable<LayerInput['note']>): Layer['note'] {
  return note
}
