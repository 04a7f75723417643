import { environmentOf, instanceOf, isWithin, parseLayerKey } from '@flaghoist/core/model'
import type { Change, Edit, Flag } from '@flaghoist/core/schema'

/**
 * Checks that a key which is bound to a scope may see another scope: its own, a scope within it, or
 * a more general one whose layers it inherits. Never the scope of another instance.
 */
export function isVisible(scope: string, bound: string | undefined): boolean {
  return bound === undefined || isWithin(scope, bound) || isWithin(bound, scope)
}

/** A flag with the layers that a key may see. */
export function visibleFlag(flag: Flag, bound: string | undefined): Flag {
  if (bound === undefined) return flag
  const layers = Object.entries(flag.layers).filter(([scope]) => isVisible(scope, bound))
  return { ...flag, layers: Object.fromEntries(layers) }
}

/** A change with the edits that a key may see; undefined if it may see none. */
export function visibleChange(change: Change, bound: string | undefined): Change | undefined {
  if (bound === undefined) return change
  const edits = change.edits.filter((edit) => isVisibleEdit(edit, bound))
  return edits.length === 0 ? undefined : { ...change, edits }
}

/** Checks that a key may see an entity that is not a layer. */
export function isVisibleEntity(
  kind: Edit['kind'],
  key: string,
  bound: string | undefined,
): boolean {
  if (bound === undefined) return true
  if (kind === 'environment') return key === environmentOf(bound)
  if (kind === 'instance') return key === (instanceOf(bound) ?? key)
  return kind !== 'apiKey'
}

function isVisibleEdit({ kind, key }: Edit, bound: string): boolean {
  if (kind === 'layer') return isVisible(parseLayerKey(key).scope, bound)
  return isVisibleEntity(kind, key, bound)
}
