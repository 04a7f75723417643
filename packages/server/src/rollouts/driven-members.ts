import { CALLERS_DEFAULT, canonicalJson } from '@flaghoist/core/internal'
import { layerOf, resolveLayers } from '@flaghoist/core/model'
import type { DrivenMembers, Flag, Layer, RolloutRun } from '@flaghoist/core/schema'

/** The members of a layer that a rollout writes. It never touches another. */
const DRIVEN = ['on', 'rollout', 'fallthrough'] as const

type Found = NonNullable<RolloutRun['found']>

/** Returns the driven members that the layer of a scope sets itself. */
export function ownMembers(flag: Flag, scope: string): DrivenMembers {
  return pick(layerOf(flag, scope) ?? {})
}

/** Returns the present driven members of a scope, for a later rollback. */
export function findMembers(flag: Flag, scope: string): Found {
  return { own: ownMembers(flag, scope), resolved: resolvedMembers(flag, scope) }
}

/** Checks that the driven members of a scope are those that the rollout wrote last. */
export function isUntouched(flag: Flag, scope: string, written: DrivenMembers): boolean {
  return canonicalJson(ownMembers(flag, scope)) === canonicalJson(written)
}

/** Replaces the driven members of a layer; `null` if nothing is left of it. */
export function withMembers(flag: Flag, scope: string, members: DrivenMembers): Layer | null {
  const { on: _, rollout: __, fallthrough: ___, ...others } = layerOf(flag, scope) ?? {}
  const layer = { ...others, ...members }
  return Object.keys(layer).length === 0 ? null : layer
}

/**
 * Returns the driven members that serve every context what it got when they were found. A member
 * that was inherited, and whose inherited value has changed since, is written explicitly.
 */
export function restoredMembers(
  flag: Flag,
  scope: string,
  { own, resolved }: Found,
): DrivenMembers {
  const inherited = resolvedMembers(withLayer(flag, scope, withMembers(flag, scope, own)), scope)
  const kept = DRIVEN.filter(
    (member) =>
      own[member] === undefined &&
      resolved[member] !== undefined &&
      canonicalJson(inherited[member]) !== canonicalJson(resolved[member]),
  )
  return { ...own, ...Object.fromEntries(kept.map((member) => [member, resolved[member]])) }
}

function resolvedMembers(flag: Flag, scope: string): DrivenMembers {
  const { on, rollout, fallthrough } = resolveLayers(flag, scope).configuration
  const isDefault = 'variant' in fallthrough && fallthrough.variant === CALLERS_DEFAULT
  return {
    on,
    rollout: (rollout as DrivenMembers['rollout']) ?? null,
    // No layer can name the caller's default.
    ...(isDefault ? {} : { fallthrough: fallthrough as NonNullable<Layer['fallthrough']> }),
  }
}

/** Returns a flag with another layer in a scope. */
export function withLayer(flag: Flag, scope: string, layer: Layer | null): Flag {
  const { [scope]: _, ...others } = flag.layers
  return { ...flag, layers: layer === null ? others : { ...others, [scope]: layer } }
}

function pick({ on, rollout, fallthrough }: Layer): DrivenMembers {
  return {
    ...(on === undefined ? {} : { on }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(fallthrough === undefined ? {} : { fallthrough }),
  }
}
