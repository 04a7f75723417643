import { entityName, layerKey, layerOf, scopeChain } from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import type { PlannedEdit } from '../../projects/projects.ts'

/** The layer of a flag in a scope of a project. */
export interface LayerTarget {
  readonly project: string
  readonly flag: string
  readonly scope: string
}

/** The stored layer of a flag in exactly this scope. */
export function ownLayer({ layers }: Flag, scope: string): Layer | undefined {
  return Object.hasOwn(layers, scope) ? layers[scope] : undefined
}

/** Returns a flag with those of its layers that scopes resolve: it can have thousands. */
export function withResolvedLayers(flag: Flag, scopes: readonly string[]): Flag {
  const chain = [...new Set(scopes.flatMap(scopeChain))]
  const layers = chain.flatMap((scope) => {
    const layer = layerOf(flag, scope)
    return layer === undefined ? [] : [[scope, layer] as const]
  })
  return { ...flag, layers: Object.fromEntries(layers) }
}

/** The entity name of a layer: `layer:new-checkout@production`. */
export function layerName({ flag, scope }: Omit<LayerTarget, 'project'>): string {
  return entityName({ kind: 'layer', key: layerKey(flag, scope) })
}

/** Plans the replacement or the deletion of a layer. */
export function layerEdit(flag: string, scope: string, after: Layer | null): PlannedEdit {
  return { kind: 'layer', key: layerKey(flag, scope), after }
}

export function layerNotFound({ flag, scope }: Omit<LayerTarget, 'project'>): Error {
  return problem('ENTITY_NOT_FOUND', { kind: 'layer', key: layerKey(flag, scope) })
}
