import type { FlagConfiguration, Serve } from '../ruleset/wire.ts'
import type { Flag, Layer } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'

/** A member of a flag's configuration that a layer can set. */
export type LayerField = 'on' | 'off' | 'killed' | 'rules' | 'rollout' | 'fallthrough'

/** What a flag's layers come to. */
export type LayerConfiguration = Omit<FlagConfiguration, 'revision'>

/** A flag's configuration in one scope, and which scope each member came from. */
export interface Resolved {
  readonly configuration: LayerConfiguration
  /** Member → scope whose layer set it; what no layer sets is not named. */
  readonly provenance: Readonly<Partial<Record<LayerField, string>>>
}

const FIELDS = ['on', 'off', 'rules', 'rollout', 'fallthrough'] as const

/**
 * Resolves a flag's layers in one scope. Each member comes from the most specific layer that sets
 * it, except a kill: it holds if any layer on the way has it, so that no specific setting undoes a
 * kill for everybody.
 */
export function resolve(flag: Flag, scope: string): Resolved {
  const provenance: Partial<Record<LayerField, string>> = {}
  const set: { -readonly [K in keyof Layer]: Layer[K] } = {}
  for (const name of scopeChain(scope)) {
    const layer = Object.hasOwn(flag.layers, name) ? flag.layers[name]! : {}
    for (const field of FIELDS) {
      if (layer[field] === undefined) continue
      Object.assign(set, { [field]: layer[field] })
      provenance[field] = name
    }
    if (layer.killed !== undefined && set.killed === undefined) {
      set.killed = layer.killed
      provenance.killed = name
    }
  }
  return { configuration: toConfiguration(flag, set), provenance }
}

/** In one order, without what is not set: equal layers make equal bytes. */
function toConfiguration(flag: Flag, set: Layer): LayerConfiguration {
  // Validation sees to it that the layer `*` sets these; a flag without them serves its last
  // variant.
  const last = flag.variants.at(-1)?.key ?? ''
  const fallthrough: Serve = set.fallthrough ?? { variant: last }
  return {
    on: set.on ?? false,
    off: set.off ?? last,
    ...(set.killed === undefined ? {} : { killed: true }),
    ...(set.rules === undefined || set.rules.length === 0 ? {} : { rules: set.rules }),
    ...(set.rollout ? { rollout: set.rollout } : {}),
    fallthrough,
  }
}
