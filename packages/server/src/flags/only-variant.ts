import type { LayerConfiguration } from '@flaghoist/core/model'

/** The result for a configuration whose rules, rollout or split serve several variants. */
export const SEVERAL = Symbol('several variants')

/** Returns the only variant that a configuration serves; empty for the caller's fallback. */
export function onlyVariant({
  on,
  off,
  killed,
  rules = [],
  rollout,
  fallthrough,
}: LayerConfiguration): string | typeof SEVERAL {
  if (killed || !on) return off
  if (rules.length > 0 || rollout !== undefined || !('variant' in fallthrough)) return SEVERAL
  return fallthrough.variant
}
