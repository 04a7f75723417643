import { CALLERS_DEFAULT, type FlagConfiguration, type Rule, type Serve } from '../ruleset/wire.ts'
import type { Flag, Layer } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'

/** A member of a flag's configuration that a layer can set. */
export type LayerField = 'on' | 'off' | 'killed' | 'rules' | 'rollout' | 'fallthrough'

/** The configuration that a flag's layers resolve to. */
export type LayerConfiguration = Omit<FlagConfiguration, 'revision'>

/** A flag's configuration in one scope, with the origin of each member. */
export interface ResolvedLayers {
  readonly configuration: LayerConfiguration
  /**
   * The scope whose layer set each member; {@link DEFAULT_PROVENANCE} for a default of `off` or
   * `fallthrough`. Omits other members that no layer sets.
   */
  readonly provenance: Readonly<Partial<Record<LayerField, string>>>
}

/** The provenance of a member that no layer sets. */
export const DEFAULT_PROVENANCE = 'default'

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
  const provenance: Partial<Record<LayerField, string>> = {
    off: DEFAULT_PROVENANCE,
    fallthrough: DEFAULT_PROVENANCE,
  }
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
  const off = set.off ?? CALLERS_DEFAULT
  const rules = set.rules ?? []
  const isTargeted = rules.length > 0 || Boolean(set.rollout)
  return {
    on: set.on ?? false,
    off,
    ...(set.killed === undefined ? {} : { killed: true }),
    ...(rules.length === 0 ? {} : { rules }),
    ...(set.rollout ? { rollout: set.rollout } : {}),
    fallthrough: set.fallthrough ?? defaultFallthrough(flag, off, isTargeted),
  }
}

/**
 * Returns the fallthrough where no layer sets one. Only a boolean flag without rules and rollout is
 * on for every context, so that a rule or a rollout never releases to contexts outside of it.
 */
function defaultFallthrough(flag: Flag, off: string, isTargeted: boolean): Serve {
  const on = isTargeted ? undefined : onVariantOf(flag)
  return { variant: on ?? off }
}

/** Returns the key of the on variant of a boolean flag: the first with the value `true`. */
export function onVariantOf({
  type,
  variants,
}: Pick<Flag, 'type' | 'variants'>): string | undefined {
  return type === 'boolean' ? variants.find(({ value }) => value === true)?.key : undefined
}

/** Returns rules without their names. */
export function withoutRuleNames(rules: readonly Rule[]): readonly Rule[] {
  return rules.map(({ name: _, ...rule }) => rule)
}
