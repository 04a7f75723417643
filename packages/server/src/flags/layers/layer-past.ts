import { hashIdentifier } from '@flaghoist/core'
import {
  type LayerConfiguration,
  layerKey,
  type PastServes,
  resolveLayers,
} from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import { ownLayer } from './find-layer.ts'

/** The settings that a written layer continues, so that people keep their variants. */
export interface LayerPast {
  readonly flag: Flag
  /** The members that the layer itself sets. */
  readonly own: Layer
  /** The settings of the scope, its own or inherited. */
  readonly current: LayerConfiguration
  /** The rollout and the splits that the layer has had. */
  readonly past: PastServes | undefined
  /** Returns the salt of the scope's first rollout or split. */
  saltFor(purpose: 'rollout' | 'split'): string
}

/**
 * Returns the past of a layer. Salts are derived and not drawn: the same settings, written again,
 * serve the same people. Rules and fallthrough share a salt, because a context is served by one of
 * them: a rule that gets another id or condition moves no unit within it.
 */
export function layerPast(
  project: string,
  flag: Flag,
  scope: string,
  past: PastServes | undefined,
): LayerPast {
  return {
    flag,
    own: ownLayer(flag, scope) ?? {},
    current: resolveLayers(flag, scope).configuration,
    past,
    saltFor: (purpose) => hashIdentifier(project, `${purpose} ${layerKey(flag.key, scope)}`),
  }
}
