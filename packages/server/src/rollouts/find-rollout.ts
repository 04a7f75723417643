import { entityName, layerKey, type ProjectState, runKey } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { entityNotFound } from '../projects/not-found.ts'

/** A rollout of a project. */
export interface RolloutTarget {
  readonly project: string
  readonly key: string
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findRollout(state: ProjectState, key: string): ProgressiveRollout {
  const rollout = state.rollouts.get(key)
  if (rollout === undefined) throw entityNotFound('rollout', key, state.rollouts.keys())
  return rollout
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findRun(state: ProjectState, rollout: string, scope: string): RolloutRun {
  const run = state.runs.get(runKey(rollout, scope))
  if (run !== undefined) return run
  const known = runsOf(state, rollout).map((one) => one.scope)
  throw entityNotFound('run', scope, known)
}

/** Returns the runs of a rollout, in the order of their waves and scopes. */
export function runsOf({ runs }: ProjectState, rollout: string): readonly RolloutRun[] {
  return [...runs.values()]
    .filter((run) => run.rollout === rollout)
    .sort((a, b) => a.wave - b.wave || (a.scope < b.scope ? -1 : 1))
}

/** The names of the entities that a transition reads and writes: the run and its layer. */
export function namesOfRun({ key, flag }: ProgressiveRollout, scope: string): readonly string[] {
  return [
    entityName({ kind: 'run', key: runKey(key, scope) }),
    entityName({ kind: 'layer', key: layerKey(flag, scope) }),
  ]
}
