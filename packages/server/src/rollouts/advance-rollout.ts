import { FlaghoistError } from '@flaghoist/core'
import { instanceOf, type ProjectState } from '@flaghoist/core/model'
import type { Actor, ProgressiveRollout } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { versionOf } from '../projects/checks.ts'
import type { Projects } from '../projects/projects.ts'
import type { HeldLease } from '../stores/held-lease.ts'
import type { Fence } from '../stores/leases.ts'
import { decide, type RolloutView } from './decide.ts'
import { type RolloutTarget, runsOf } from './find-rollout.ts'
import type { Observation } from './observation.ts'
import { observe, type Surroundings } from './observe.ts'
import { selectScopes } from './select-scopes.ts'
import type { Reason, Transition } from './transition.ts'
import { transitionWrite } from './transition-write.ts'

/** The author of what a rollout does by itself. */
const ENGINE: Actor = { kind: 'system', id: 'rollouts', name: 'Rollout engine' }

/** The facts that a decision about a rollout depends on, beside the state of its project. */
export interface DecisionInput extends Surroundings {
  readonly systemic?: Reason | undefined
  readonly urgentOnly: boolean
  /** Wall clock, epoch ms. */
  readonly now: number
}

/** Returns the view of a rollout in a state. */
export function viewOf(
  state: ProjectState,
  rollout: ProgressiveRollout,
  { systemic, urgentOnly, now, ...surroundings }: DecisionInput,
): RolloutView {
  const runs = runsOf(state, rollout.key)
  const byScope = new Map(runs.map((run) => [run.scope, run]))
  const observations = new Map<string, Observation>()
  return {
    rollout,
    runs,
    waves: selectScopes(state, rollout.environment, rollout.plan),
    observe: (scope) =>
      getOrSet(observations, scope, () =>
        observe(state, rollout, byScope.get(scope) ?? { scope }, surroundings),
      ),
    systemic,
    urgentOnly,
    ownerOf: (scope) => state.instances.get(instanceOf(scope) ?? '')?.owner ?? '',
    now,
  }
}

/**
 * Commits the transitions that are due, each as a change of its own. A transition of
 * entities that have changed since the decision is left for the next call, and so are all once the
 * lease may have expired.
 * @returns the transitions that were committed
 * @throws {FlaghoistError} `LEASE_LOST` if another process has the lease
 */
export async function advanceRollout(
  projects: Projects,
  target: RolloutTarget,
  input: DecisionInput,
  lease: Pick<HeldLease, 'term'>,
): Promise<readonly Transition[]> {
  const { state } = projects.get(target.project)
  const rollout = state.rollouts.get(target.key)
  if (rollout === undefined || rollout.endedAt !== undefined) return []
  const committed: Transition[] = []
  for (const transition of decide(viewOf(state, rollout, input))) {
    const fence = lease.term()?.fence
    if (fence === undefined) break
    if (await commitTransition(projects, { target, state, at: input.now, fence }, transition))
      committed.push(transition)
  }
  return committed
}

interface Decided {
  readonly target: RolloutTarget
  /** The state that the decision was made on. */
  readonly state: ProjectState
  readonly at: number
  readonly fence: Fence
}

/** Returns false if the entities have changed since the decision, or a policy refuses for now. */
async function commitTransition(
  projects: Projects,
  { target, state, at, fence }: Decided,
  transition: Transition,
): Promise<boolean> {
  const write = transitionWrite(target, transition, new Date(at).toISOString())
  const expected = versionOf(state, write.names!(state))
  const authority = { actor: ENGINE }
  try {
    await projects.commit(write, { authority, requestId: `rollout ${target.key}`, expected, fence })
    return true
  } catch (error) {
    if (error instanceof FlaghoistError && PASSING.has(error.code)) return false
    throw error
  }
}

/** Errors that end by themselves: another write came first, or a policy refuses for a while. */
const PASSING: ReadonlySet<string> = new Set([
  'VERSION_CONFLICT',
  'LOG_CONFLICT',
  'SCOPE_FROZEN',
  'INSTANCE_PAUSED',
  'STORE_FULL',
  'STORE_READ_ONLY',
])
