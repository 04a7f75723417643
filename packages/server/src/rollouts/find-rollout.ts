import {
  entityName,
  isWithin,
  layerKey,
  type ProjectState,
  type RolloutRuns,
  runKey,
} from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { memoise } from '../memoise.ts'
import { entityNotFound } from '../projects/not-found.ts'
import { isVisible } from '../projects/visibility.ts'
import { selectScopes } from './select-scopes.ts'

/** A rollout of a project. */
export interface RolloutTarget {
  readonly project: string
  readonly key: string
}

/**
 * @param bound scope that the key is bound to; it knows only the rollouts that reach its scope
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`
 */
export function findRollout(state: ProjectState, key: string, bound?: string): ProgressiveRollout {
  const rollout = state.rollouts.get(key)
  if (rollout !== undefined && reaches(state, rollout, bound)) return rollout
  const known = [...state.rollouts.values()].filter((one) => reaches(state, one, bound))
  throw entityNotFound(
    'rollout',
    key,
    known.map((one) => one.key),
  )
}

/** Checks that a rollout has a run, or will have one, in a scope that a key may see. */
function reaches(
  state: ProjectState,
  { key, environment, plan }: ProgressiveRollout,
  bound: string | undefined,
): boolean {
  if (bound === undefined) return true
  const begun = [...(state.runs.get(key)?.keys() ?? [])]
  const planned = selectScopes(state, environment, plan).flatMap(({ scopes }) => scopes)
  return [...begun, ...planned].some((scope) => isVisible(scope, bound))
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

/**
 * @param bound scope that the key is bound to; runs of other scopes do not exist for it
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`, `RUN_NOT_STARTED`
 */
export function findRun(
  state: ProjectState,
  rollout: string,
  scope: string,
  bound?: string,
): RolloutRun {
  if (!isWithin(scope, bound)) throw entityNotFound('run', scope)
  const run = state.runs.get(rollout)?.get(scope)
  if (run === undefined) throw runNotFound(state, { rollout, scope }, bound)
  return run
}

/** The error of a scope that a rollout has not begun in, or does not reach. */
export function runNotFound(
  state: ProjectState,
  { rollout, scope }: { readonly rollout: string; readonly scope: string },
  bound: string | undefined,
): Error {
  const { environment, plan, endedAt } = findRollout(state, rollout)
  const waves = selectScopes(state, environment, plan)
  const index = waves.findIndex(({ scopes }) => scopes.includes(scope))
  if (index < 0)
    return entityNotFound(
      'run',
      scope,
      waves.flatMap(({ scopes }) => scopes).filter((one) => isWithin(one, bound)),
    )
  const wave = plan.waves[index]?.name ?? ''
  const cause =
    endedAt === undefined ? `Wave "${wave}" is not open yet` : 'The rollout ended before'
  return problem('RUN_NOT_STARTED', { rollout, scope, cause })
}

/** Returns the runs of a rollout, in the order of their waves and scopes. */
export function runsOf(
  { runs }: Pick<ProjectState, 'runs'>,
  rollout: string,
): readonly RolloutRun[] {
  const found = runs.get(rollout)
  return found ? inOrder(found) : []
}

const inOrder = memoise((runs: RolloutRuns): readonly RolloutRun[] =>
  [...runs.values()].sort((a, b) => a.wave - b.wave || (a.scope < b.scope ? -1 : 1)),
)

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
