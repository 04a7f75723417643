import type { FlagConfiguration, Rule, Serve } from '../ruleset/wire.ts'
import type { Flag, Layer } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'

/** A member of a flag's configuration that a layer can set. */
export type LayerField = 'on' | 'off' | 'killed' | 'rules' | 'rollout' | 'fallthrough'

/** The configuration that a flag's layers resolve to. */
export type LayerConfiguration = Omit<FlagConfiguration, 'revision'>

/** A flag's configuration in one scope, with the origin of each member. */
export interface ResolvedLayers {
  readonly configuration: LayerConfiguration
  /** The scope whose layer set each member; omits members that no layer sets. */
  readonly provenance: Readonly<Partial<Record<LayerField, string>>>
}

/** The members that a more specific layer overrides. */
export const OVERRIDABLE_FIELDS = ['on', 'off', 'rules', 'rollout', 'fallthrough'] as const

/**
 * Returns the layer of a flag in a scope, if it has one. Ignores names that every object inherits.
 */
export function layerOf({ layers }: Flag, scope: string): Layer | undefined {
  return Object.hasOwn(layers, scope) ? layers[scope] : undefined
}

/**
 * Resolves a flag's layers in one scope. The most specific layer that sets a member determines it.
 * A kill is the exception: it applies if any layer of the chain has it, so that no specific setting
 * undoes a kill.
 */
export function resolveLayers(flag: Flag, scope: string): ResolvedLayers {
  const provenance: Partial<Record<LayerField, string>> = {}
  const set: { -readonly [K in keyof Layer]: Layer[K] } = {}
  for (const name of scopeChain(scope)) {
    const layer = layerOf(flag, name) ?? {}
    for (const field of OVERRIDABLE_FIELDS) {
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

/** Writes members in a fixed order and omits unset ones: equal layers give equal bytes. */
function toConfiguration(flag: Flag, set: Layer): LayerConfiguration {
  // Validation requires these members in the layer `*`; a flag without them serves its last
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

/** Returns rules without their names. */
export function withoutRuleNames(rules: readonly Rule[]): readonly Rule[] {
  return rules.map(({ name: _, ...rule }) => rule)
}
