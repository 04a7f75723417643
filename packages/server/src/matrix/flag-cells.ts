import {
  environmentOf,
  instanceOf,
  layerOf,
  ownConfiguration,
  type ProjectState,
  readsInstances,
} from '@flaghoist/core/model'
import type { Flag, Layer, ProgressiveRollout } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { memoise } from '../memoise.ts'
import { type FlagRun, findFlagRun, runCell, servedCell } from './cell-of.ts'
import { charOf } from './cell-states.ts'
import { scopesIn } from './columns.ts'

/** The cells of a flag in one environment. */
export interface EnvironmentCells {
  /** A character for the environment, then one for each instance, in the order of their keys. */
  readonly cells: string
  /** Positions in `cells` of the scopes with a layer of their own. */
  readonly own: readonly number[]
}

/** Returns the cells of a flag in an environment. A change computes those that it may concern. */
export function cellsIn(state: ProjectState, flag: Flag, environment: string): EnvironmentCells {
  const rollout = latestRollout(state, flag.key, environment)
  const { instances } = state
  const facts = [instances, rollout, rollout && state.runs.get(rollout.key)]
  const known = cellsOfFlag(flag).get(environment)
  if (known?.facts.every((fact, i) => fact === facts[i])) return known.cells
  const cells = computeCells(state, flag, environment, rollout)
  cellsOfFlag(flag).set(environment, { facts, cells })
  return cells
}

/** Cells, and the parts of the state that they were computed from. */
interface KnownCells {
  readonly facts: readonly unknown[]
  readonly cells: EnvironmentCells
}

/** The cells of a flag by environment. */
const cellsOfFlag = memoise((_: Flag) => new Map<string, KnownCells>())

function computeCells(
  state: ProjectState,
  flag: Flag,
  environment: string,
  rollout: ProgressiveRollout | undefined,
): EnvironmentCells {
  const servedIn = (scope: string) => ownConfiguration(state, flag, scope)
  const servedCharIn = (scope: string) => charOf(servedCell(flag, servedIn(scope)))
  // Most instances have no layer, and a kill by tag gives thousands the same one.
  const inherited = servedCharIn(environment)
  const byLayer = new Map<Layer | undefined, string>([[undefined, inherited]])
  const cellOf = (scope: string) => {
    if (isRetired(state, scope)) return charOf({ state: 'retired' })
    const run = findFlagRun(state, rollout, scope)
    if (run) return charOf(runCell(flag, servedIn(scope), run))
    if (scope === environment) return inherited
    if (readsInstances(flag)) return servedCharIn(scope)
    return getOrSet(byLayer, layerOf(flag, scope), () => servedCharIn(scope))
  }
  const scopes = scopesIn(state.instances, environment)
  return {
    cells: scopes.map(cellOf).join(''),
    own: scopes.flatMap((scope, i) => (layerOf(flag, scope) === undefined ? [] : [i])),
  }
}

/** Checks that a scope belongs to a retired instance. */
export function isRetired({ instances }: Pick<ProjectState, 'instances'>, scope: string): boolean {
  return instances.get(instanceOf(scope) ?? '')?.status === 'retired'
}

/** Returns the run of the latest rollout of a flag in a scope, as {@link findFlagRun} does. */
export function latestRun(state: ProjectState, flag: string, scope: string): FlagRun | undefined {
  return findFlagRun(state, latestRollout(state, flag, environmentOf(scope)!), scope)
}

function latestRollout({ rollouts }: ProjectState, flag: string, environment: string) {
  return latestRollouts(rollouts).get(flag)?.get(environment)
}

/** The rollout that began last, by flag and environment. */
const latestRollouts = memoise((rollouts: ProjectState['rollouts']) => {
  const latest = new Map<string, Map<string, ProgressiveRollout>>()
  for (const rollout of rollouts.values()) {
    const found = getOrSet(latest, rollout.flag, () => new Map<string, ProgressiveRollout>())
    const known = found.get(rollout.environment)
    if (known === undefined || known.startedAt <= rollout.startedAt)
      found.set(rollout.environment, rollout)
  }
  return latest
})
