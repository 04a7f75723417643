import { maxMovedBuckets, type ProjectState, resolveLayers } from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import type { Write } from '../../projects/projects.ts'
import { findFlag } from '../find-flag.ts'
import { checkEffect } from './check-effect.ts'
import { completeLayer, type DrawText, type ServedLayer } from './complete-layer.ts'
import { type LayerTarget, layerEdit, layerName, layerNotFound, ownLayer } from './find-layer.ts'
import type { LayerInput, LayerPatch } from './schemas.ts'

/** The origin of values that a request does not give. */
export interface LayerWriteOptions {
  readonly draw: DrawText
}

/** Replaces a layer. A kill in it stays. */
export function setLayer(
  target: LayerTarget,
  input: LayerInput,
  options: LayerWriteOptions,
): Write {
  return editLayer(target, 'layer.set', (flag) => {
    const layer = completeLayer(input, servedIn(flag, target.scope), options.draw)
    return effective(flag, target.scope, keepKill(layer, flag, target.scope))
  })
}

/**
 * Changes members of a layer. `null` clears a member, so that it is inherited again; a rollout of
 * `null` stays as "no rollout".
 *
 * @example
 * // Raises the share of a flag in one scope to 25%.
 * updateLayer({ project, flag, scope }, { rollout: { percent: 25 } }, { draw })
 */
export function updateLayer(
  target: LayerTarget,
  patch: LayerPatch,
  options: LayerWriteOptions,
): Write {
  return editLayer(target, 'layer.update', (flag) =>
    effective(flag, target.scope, patchLayer(flag, target.scope, patch, options.draw)),
  )
}

/** Deletes a layer. A kill in it stays. */
export function deleteLayer(target: LayerTarget): Write {
  return editLayer(target, 'layer.delete', (flag) => {
    if (ownLayer(flag, target.scope) === undefined) throw layerNotFound(target)
    const left = keepKill({}, flag, target.scope)
    return Object.keys(left).length === 0 ? null : left
  })
}

/** The stored layer after a write. */
export function layerIn(state: ProjectState, { flag, scope }: LayerTarget): Layer | undefined {
  return ownLayer(findFlag(state, flag), scope)
}

/** Counts the buckets of 100,000 that change variant at most between two states, in a scope. */
export function movedBuckets(
  [before, after]: readonly [ProjectState, ProjectState],
  { flag, scope }: LayerTarget,
): number {
  const configurationIn = (state: ProjectState) =>
    resolveLayers(findFlag(state, flag), scope).configuration
  return maxMovedBuckets(configurationIn(before), configurationIn(after))
}

function editLayer(target: LayerTarget, action: string, edit: (flag: Flag) => Layer | null): Write {
  const { project, flag, scope } = target
  return {
    project,
    action,
    names: () => [layerName(target)],
    plan: (state) => [layerEdit(flag, scope, edit(findFlag(state, flag)))],
  }
}

/**
 * Returns the layer if its rollout and rules have an effect in the scope.
 * @throws {FlaghoistError} `ROLLOUT_WITHOUT_EFFECT`
 */
function effective(flag: Flag, scope: string, layer: Layer): Layer {
  checkEffect(flag, { ...flag, layers: { ...flag.layers, [scope]: layer } }, scope)
  return layer
}

function patchLayer(flag: Flag, scope: string, patch: LayerPatch, draw: DrawText): Layer {
  const { rollout, ...others } = patch
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== undefined)
  const input = { ...Object.fromEntries(given), ...(rollout === undefined ? {} : { rollout }) }
  const cleared = Object.entries(others).filter(([, value]) => value === null)
  const layer = { ...ownLayer(flag, scope), ...completeLayer(input, servedIn(flag, scope), draw) }
  for (const [name] of cleared) delete layer[name as keyof Layer]
  return layer
}

function keepKill(layer: Layer, flag: Flag, scope: string): Layer {
  const killed = ownLayer(flag, scope)?.killed
  return killed === undefined ? layer : { ...layer, killed }
}

function servedIn(flag: Flag, scope: string): ServedLayer {
  const { rollout, fallthrough, rules } = resolveLayers(flag, scope).configuration
  return { rollout, fallthrough, rules } as ServedLayer
}
