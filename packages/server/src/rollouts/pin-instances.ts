import { canonicalJson } from '@flaghoist/core/internal'
import { buildScope, type ProjectState, resolveLayers } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { layerEdit } from '../flags/layers/find-layer.ts'
import type { PlannedEdit } from '../projects/projects.ts'
import { findMembers, ownMembers, withLayer, withMembers } from './driven-members.ts'

/**
 * Plans the layers that keep the configuration of each instance while the layer of its environment
 * changes: an instance without settings of its own would follow the environment.
 */
export function pinnedLayers(
  { instances }: ProjectState,
  flag: Flag,
  environment: string,
): readonly PlannedEdit[] {
  return [...instances.keys()]
    .map((key) => buildScope(environment, key))
    .flatMap((scope) => {
      const { own, resolved } = findMembers(flag, scope)
      const pinned = { ...resolved, ...own }
      if (canonicalJson(pinned) === canonicalJson(own)) return []
      return [layerEdit(flag.key, scope, withMembers(flag, scope, pinned))]
    })
}

/**
 * Plans the removal of settings that equal those of the environment, so that the next change needs
 * one layer. Only members of scopes that the rollout has finished are removed.
 */
export function foldedLayers(flag: Flag, finished: readonly string[]): readonly PlannedEdit[] {
  return finished.flatMap((scope) => {
    const folded = withLayer(flag, scope, withMembers(flag, scope, {}))
    const isEqual =
      canonicalJson(resolveLayers(folded, scope).configuration) ===
      canonicalJson(resolveLayers(flag, scope).configuration)
    if (!isEqual || Object.keys(ownMembers(flag, scope)).length === 0) return []
    return [layerEdit(flag.key, scope, withMembers(flag, scope, {}))]
  })
}
