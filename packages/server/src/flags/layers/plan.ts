import { layerKey, type ProjectState } from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import type { PlannedEdit, Write } from '../../projects/projects.ts'
import { findFlag } from '../find-flag.ts'
import { checkEffect } from './check-effect.ts'
import { completeLayer } from './complete-layer.ts'
import {
  type LayerTarget,
  layerEdit,
  layerName,
  layerNotFound,
  ownLayer,
  withResolvedLayers,
} from './find-layer.ts'
import { type LayerPast, layerPast } from './layer-past.ts'
import type { LayerInput, LayerPatch } from './schemas.ts'

/** Replaces a layer. A kill in it stays. */
export function setLayer(target: LayerTarget, input: LayerInput): Write {
  const edit: EditOf = (flag, past) =>
    effective(flag, target.scope, keepKill(completeLayer(input, past), flag, target.scope))
  return {
    project: target.project,
    action: 'layer.set',
    names: () => [layerName(target)],
    plan: (state) => [planEdit(state, target, edit)],
  }
}

/**
 * Changes members of a layer. `null` clears a member, so that it is inherited again; a rollout of
 * `null` stays as "no rollout".
 *
 * @example
 * // Raises the share of a flag in one scope to 25%.
 * updateLayer({ project, flag, scope }, { rollout: { percent: 25 } })
 */
export function updateLayer(target: LayerTarget, patch: LayerPatch): Write {
  return {
    project: target.project,
    action: 'layer.update',
    names: () => [layerName(target)],
    plan: (state) => [planUpdate(state, target, patch)],
  }
}

/**
 * Plans the change of members of a layer.
 * @throws {FlaghoistError} `ROLLOUT_WITHOUT_EFFECT`
 */
export function planUpdate(
  state: ProjectState,
  target: LayerTarget,
  patch: LayerPatch,
): PlannedEdit {
  return planEdit(state, target, (flag, past) =>
    effective(flag, target.scope, patchLayer(patch, past)),
  )
}

/** Deletes a layer. A kill in it stays. */
export function deleteLayer(target: LayerTarget): Write {
  return {
    project: target.project,
    action: 'layer.delete',
    names: () => [layerName(target)],
    plan: (state) => [planDeletion(state, target)],
  }
}

/**
 * Plans the deletion of a layer.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`
 */
export function planDeletion(state: ProjectState, target: LayerTarget): PlannedEdit {
  return planEdit(state, target, (flag) => {
    if (ownLayer(flag, target.scope) === undefined) throw layerNotFound(target)
    const left = keepKill({}, flag, target.scope)
    return Object.keys(left).length === 0 ? null : left
  })
}

/** The stored layer after a write. */
export function layerIn(state: ProjectState, { flag, scope }: LayerTarget): Layer | undefined {
  return ownLayer(findFlag(state, flag), scope)
}

type EditOf = (flag: Flag, past: LayerPast) => Layer | null

function planEdit(
  state: ProjectState,
  { project, flag: key, scope }: LayerTarget,
  edit: EditOf,
): PlannedEdit {
  const flag = findFlag(state, key)
  const past = state.pastServes.get(layerKey(key, scope))
  return layerEdit(key, scope, edit(flag, layerPast(project, flag, scope, past)))
}

/**
 * Returns the layer if its rollout and rules have an effect in the scope.
 * @throws {FlaghoistError} `ROLLOUT_WITHOUT_EFFECT`
 */
function effective(flag: Flag, scope: string, layer: Layer): Layer {
  const before = withResolvedLayers(flag, [scope])
  checkEffect(before, { ...before, layers: { ...before.layers, [scope]: layer } }, scope)
  return layer
}

function patchLayer(patch: LayerPatch, past: LayerPast): Layer {
  const { rollout, ...others } = patch
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== undefined)
  const input = { ...Object.fromEntries(given), ...(rollout === undefined ? {} : { rollout }) }
  const cleared = Object.entries(others).filter(([, value]) => value === null)
  const layer = { ...past.own, ...completeLayer(input, past) }
  for (const [name] of cleared) delete layer[name as keyof Layer]
  return layer
}

function keepKill(layer: Layer, flag: Flag, scope: string): Layer {
  const killed = ownLayer(flag, scope)?.killed
  return killed === undefined ? layer : { ...layer, killed }
}
