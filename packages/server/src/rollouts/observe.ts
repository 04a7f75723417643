import { canonicalJson } from '@flaghoist/core/internal'
import { instanceOf, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag, ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { findFlag } from '../flags/find-flag.ts'
import { isUntouched, ownMembers } from './driven-members.ts'
import type { Observation } from './observation.ts'
import { membersOfAll } from './step-members.ts'
import type { Reason } from './transition.ts'

/** The reports of SDKs about a run. */
export type RunHealth = Pick<
  Observation,
  'minutes' | 'units' | 'verdict' | 'missing' | 'stage' | 'gap'
>

export const NO_HEALTH: RunHealth = { minutes: 0, units: 0 }

/** The facts about a scope that a state does not hold. */
export interface Surroundings {
  /** Reason why no step may begin in the scope now. */
  closed(scope: string): Reason | undefined
  isConnected(scope: string): boolean
  health(scope: string): RunHealth
}

/** Observes the scope of a run. */
export function observe(
  state: ProjectState,
  rollout: ProgressiveRollout,
  run: Pick<RolloutRun, 'scope' | 'written'>,
  { closed, isConnected, health }: Surroundings,
): Observation {
  const { scope } = run
  const { paused, ...found } = observeState(state, rollout, run)
  return {
    ...health(scope),
    ...found,
    closed: paused ?? closed(scope),
    isConnected: isConnected(scope),
  }
}

/** The part of an observation that depends on the state alone. */
interface StateObservation extends Pick<Observation, 'isKilled' | 'isUntouched' | 'found'> {
  readonly paused: Reason | undefined
}

/** The last observation of each run, and the entities that it depends on. */
const observed = new WeakMap<
  object,
  {
    readonly flag: Flag
    readonly instances: ProjectState['instances']
    readonly found: StateObservation
  }
>()

/** Repeats no observation of unchanged entities: thousands of runs are observed each second. */
function observeState(
  state: ProjectState,
  rollout: ProgressiveRollout,
  run: Pick<RolloutRun, 'scope' | 'written'>,
): StateObservation {
  const { instances } = state
  const flag = findFlag(state, rollout.flag)
  const known = observed.get(run)
  if (known !== undefined && known.flag === flag && known.instances === instances)
    return known.found
  const { scope, written } = run
  const { killed } = resolveInScope(state, flag, scope).configuration
  const found = {
    paused: pausedIn(state, scope),
    isKilled: killed === true,
    isUntouched: written === undefined || isUntouched(flag, scope, written),
    found: written === undefined ? foundIn(state, rollout, scope) : undefined,
  }
  observed.set(run, { flag, instances, found })
  return found
}

/** Finds a scope that has the new variant, or another rollout, before this one touches it. */
function foundIn(
  state: ProjectState,
  rollout: ProgressiveRollout,
  scope: string,
): Observation['found'] {
  const flag = findFlag(state, rollout.flag)
  const {
    on,
    rules,
    rollout: present,
    fallthrough,
  } = resolveInScope(state, flag, scope).configuration
  const wanted = membersOfAll(rollout)
  if (present !== undefined && ownMembers(flag, scope).rollout) return 'rollout'
  const isServed = on && present === undefined && rules === undefined
  return isServed && canonicalJson(fallthrough) === canonicalJson(wanted.fallthrough)
    ? 'already'
    : undefined
}

function pausedIn({ instances }: ProjectState, scope: string): Reason | undefined {
  const instance = instances.get(instanceOf(scope) ?? '')
  if (instance?.status !== 'paused') return undefined
  return { code: 'paused', text: `Instance "${instance.key}" is paused.` }
}
