import { entityName, layerKey, type ProjectState, runKey } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
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

/** Returns the rollout of a flag that is in progress in an environment. */
export function rolloutInProgress(
  { rollouts }: ProjectState,
  { flag, environment }: Pick<ProgressiveRollout, 'flag' | 'environment'>,
): ProgressiveRollout | undefined {
  return [...rollouts.values()].find(
    (one) => one.flag === flag && one.environment === environment && one.endedAt === undefined,
  )
}

/** @throws {FlaghoistError} `ENTITY_NOT_FOUND` */
export function findRun(state: ProjectState, rollout: string, scope: string): RolloutRun {
  const run = state.runs.get(runKey(rollout, scope))
  if (run !== undefined) return run
  const known = runsOf(state, rollout).map((one) => one.scope)
  throw entityNotFound('run', scope, known)
}

/** Returns the runs of a rollout, in the order of their waves and scopes. */
export function runsOf(
  { runs }: Pick<ProjectState, 'runs'>,
  rollout: string,
): readonly RolloutRun[] {
  return runsByRollout(runs).get(rollout) ?? []
}

const runsByRollout = memoise((runs: ProjectState['runs']) => {
  const found = new Map<string, RolloutRun[]>()
  for (const run of runs.values()) getOrSet(found, run.rollout, () => []).push(run)
  for (const list of found.values())
    list.sort((a, b) => a.wave - b.wave || (a.scope < b.scope ? -1 : 1))
  return found
})

/** The names of the entities that a transition reads and writes: the run and its layer. */
export function namesOfRun({ key, flag }: ProgressiveRollout, scope: string): readonly string[] {
  return [
    entityName({ kind: 'run', key: runKey(key, scope) }),
    entityName({ kind: 'layer', key: layerKey(flag, scope) }),
  ]
}

/** Returns the runs that count against the fail budget of a plan. */
export function failedRuns(runs: readonly RolloutRun[]): readonly RolloutRun[] {
  return runs.filter(({ state }) => state === 'rolled-back' || state === 'quarantined')
}
