import { FlaghoistError } from '@flaghoist/core'
import { instanceOf, type ProjectState } from '@flaghoist/core/model'
import type { Actor, ProgressiveRollout } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { inSpan } from '../in-span.ts'
import type { Projects, Write } from '../projects/projects.ts'
import type { Fence } from '../stores/leases.ts'
import { type Decision, decide, type RolloutView } from './decide.ts'
import { type RolloutTarget, runsOf } from './find-rollout.ts'
import type { Observation } from './observation.ts'
import { observe, type Surroundings } from './observe.ts'
import { selectScopes } from './select-scopes.ts'
import { isSameTransition, type Reason, type Transition } from './transition.ts'
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

/** A transition of a rollout, and the facts that it was decided on. */
export interface DueTransition {
  readonly target: RolloutTarget
  readonly input: DecisionInput
  readonly transition: Transition
}

/** Returns the transitions of a rollout that are due in a state: none once it has ended. */
export function decideIn(
  state: ProjectState,
  { key }: RolloutTarget,
  input: DecisionInput,
): Decision {
  const rollout = state.rollouts.get(key)
  if (rollout === undefined || rollout.endedAt !== undefined) return NOTHING
  return decide(viewOf(state, rollout, input))
}

const NOTHING: Decision = { urgent: [], others: [] }

/**
 * Commits a transition if the newest state leads to the same decision. A kill, a person or another
 * transition may have come first.
 * @returns false if the transition is no longer due, or a policy refuses it for now
 * @throws {FlaghoistError} `LEASE_LOST` if another process has the lease
 */
export async function commitTransition(
  projects: Projects,
  { target, input, transition }: DueTransition,
  fence: Fence,
): Promise<boolean> {
  const write = transitionWrite(target, transition, new Date(input.now).toISOString())
  const isDue = (state: ProjectState) => {
    const { urgent, others } = decideIn(state, target, input)
    return [...urgent, ...others].some((one) => isSameTransition(one, transition))
  }
  const plan: Write['plan'] = (state) => (isDue(state) ? write.plan(state) : [])
  const caller = { authority: { actor: ENGINE }, requestId: `rollout ${target.key}`, fence }
  const attributes = {
    'flaghoist.project': target.project,
    'flaghoist.rollout': target.key,
    'flaghoist.action': write.action,
    ...(transition.kind === 'run' && { 'flaghoist.scope': transition.run.scope }),
  }
  try {
    const { change } = await inSpan('flaghoist.rollout.transition', { attributes }, () =>
      projects.commit({ ...write, plan }, caller),
    )
    return change !== undefined
  } catch (error) {
    if (error instanceof FlaghoistError && PASSING.has(error.code)) return false
    throw error
  }
}

/** Errors that end by themselves: another write came first, or a policy refuses for a while. */
const PASSING: ReadonlySet<string> = new Set([
  'LOG_CONFLICT',
  'SCOPE_FROZEN',
  'INSTANCE_PAUSED',
  'STORE_FULL',
  'STORE_READ_ONLY',
])
