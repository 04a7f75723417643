import type { Edit } from '../../schema/index.ts'
import { environmentOf, instanceOf, isWithin, parseLayerKey } from '../../scope.ts'
import type { ProjectState } from '../state.ts'

/**
 * Returns the number of the last change that may have affected the rulesets of a scope: at least
 * that of the last one that did. Later changes edited only entities that `compile` does not read
 * for it, such as another environment.
 */
export function lastChangeFor(state: ProjectState, scope: string): number {
  let last = 0
  for (const [name, version] of state.editedAt)
    if (version > last && concerns(name, scope)) last = version
  return last
}

/** @param name `kind:key` of an entity */
function concerns(name: string, scope: string): boolean {
  const colon = name.indexOf(':')
  const kind = name.slice(0, colon) as Edit['kind']
  const key = name.slice(colon + 1)
  if (kind === 'apiKey') return false
  if (kind === 'environment') return key === environmentOf(scope)
  if (kind === 'instance') return key === (instanceOf(scope) ?? key)
  if (kind !== 'layer') return true
  const { scope: layer } = parseLayerKey(key)
  return isWithin(layer, scope) || isWithin(scope, layer)
}
