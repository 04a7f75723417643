import {
  entityName,
  instanceOf,
  isRestored,
  layerKey,
  type ProjectState,
  scopeChain,
  servingTextIn,
} from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import { latestRun } from '../../matrix/flag-cells.ts'
import type { PlannedEdit } from '../../projects/projects.ts'
import { isUntouched, ownMembers, withLayer } from '../../rollouts/driven-members.ts'
import { findFlag } from '../find-flag.ts'
import { alignedLayers } from './aligned-layers.ts'
import { cannotAlign, explainDifference, findOutage } from './cannot-align.ts'
import { type LayerTarget, layerEdit, layerName, withResolvedLayers } from './find-layer.ts'
import { layerPast } from './layer-past.ts'

/** A layer, and the reference: the scope that serves the flag as wanted. */
export interface Alignment extends LayerTarget {
  readonly reference: string
}

/** Returns the names of the entities that decide how both scopes serve the flag. */
export function alignmentReads({
  flag,
  scope,
  reference,
}: Omit<Alignment, 'project'>): readonly string[] {
  const scopes = new Set([scope, reference].flatMap(scopeChain))
  const instances = [scope, reference].flatMap((one) => instanceOf(one) ?? [])
  return [
    entityName({ kind: 'flag', key: flag }),
    ...[...scopes].map((one) => layerName({ flag, scope: one })),
    ...instances.map((key) => entityName({ kind: 'instance', key })),
  ]
}

/**
 * Plans the edit that makes a scope serve a flag as the reference does. Plans none if it does so
 * already, deletes the layer if that is enough, and otherwise changes the members that differ.
 * Shares keep the salts of the scope, so that few of its users change variant. The edit removes no
 * kill, and the reference serves the same as before.
 * @throws {FlaghoistError} `CANNOT_ALIGN`; `ROLLOUT_RUNNING` if a rollout owns a member to change
 */
export function planAlignment(state: ProjectState, alignment: Alignment): readonly PlannedEdit[] {
  const { project, flag: key, scope, reference } = alignment
  const flag = withResolvedLayers(findFlag(state, key), [scope, reference])
  const wanted = servingTextIn(state, flag, reference)
  if (servingTextIn(state, flag, scope) === wanted) return []
  const aligned = { state, flag, scope, reference }
  const outage = findOutage(aligned)
  if (outage !== undefined) throw cannotAlign(aligned, outage)

  const past = layerPast(project, flag, scope, state.pastServes.get(layerKey(key, scope)))
  const layers = alignedLayers(aligned, past)
  // The reference changes too if it inherits from the scope.
  const concerned = scopeChain(reference).includes(scope) ? [scope, reference] : [scope]
  const layer = layers.find((one) => {
    const after = withLayer(flag, scope, one)
    return concerned.every((place) => servingTextIn(state, after, place) === wanted)
  })
  if (layer === undefined) throw cannotAlign(aligned, explainDifference(aligned, layers.at(-1)!))
  keepRun(state, flag, scope, layer)
  return [layerEdit(key, scope, layer)]
}

/** @throws {FlaghoistError} `ROLLOUT_RUNNING` */
function keepRun(state: ProjectState, flag: Flag, scope: string, layer: Layer | null): void {
  const { rollout, run } = latestRun(state, flag.key, scope) ?? {}
  const isOwned = run?.written !== undefined && !isRestored(run) && rollout?.endedAt === undefined
  if (!isOwned || isUntouched(withLayer(flag, scope, layer), scope, ownMembers(flag, scope))) return
  const entity = `settings of flag "${flag.key}" in ${scope}`
  throw problem('ROLLOUT_RUNNING', { rollout: run.rollout, entity })
}
