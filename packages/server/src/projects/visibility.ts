import { isWithin, parseLayerKey, scopesOf } from '@flaghoist/core/model'
import type { Change, Edit, Flag } from '@flaghoist/core/schema'

/**
 * What a key that is bound to a scope may see: that scope, what lies within it, and the more general layers that it
 * builds on. Never another instance.
 */
export function isVisible(scope: string, bound: string | undefined): boolean {
  return bound === undefined || isWithin(scope, bound) || isWithin(bound, scope)
}

/** A flag without the layers of others. */
export function visibleFlag(flag: Flag, bound: string | undefined): Flag {
  if (bound === undefined) return flag
  const layers = Object.entries(flag.layers).filter(([scope]) => isVisible(scope, bound))
  return { ...flag, layers: Object.fromEntries(layers) }
}

/** A change without the edits of others; undefined where none is left. */
export function visibleChange(change: Change, bound: string | undefined): Change | undefined {
  if (bound === undefined) return change
  const edits = change.edits.filter((edit) => isVisibleEdit(edit, bound))
  return edits.length === 0 ? undefined : { ...change, edits }
}

export function isVisibleEntity(
  kind: Edit['kind'],
  key: string,
  bound: string | undefined,
): boolean {
  if (bound === undefined) return true
  const [, environment] = scopesOf(bound)
  const instance = bound.slice(environment!.length + 1)
  if (kind === 'environment') return key === environment
  if (kind === 'instance') return instance === '' || key === instance
  return kind !== 'apiKey'
}

function isVisibleEdit({ kind, key }: Edit, bound: string): boolean {
  if (kind === 'layer') return isVisible(parseLayerKey(key).scope, bound)
  return isVisibleEntity(kind, key, bound)
}
