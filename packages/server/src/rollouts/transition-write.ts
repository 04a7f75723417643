import type { ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { findFlag } from '../flags/find-flag.ts'
import type { Action } from '../projects/actions.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { findRollout, findRun, type RolloutTarget, runsOf } from './find-rollout.ts'
import { foldedLayers } from './pin-instances.ts'
import { editsOf, waitingRun } from './run-edits.ts'
import type { RunTarget, Transition } from './transition.ts'

/** The actions of a run in the change log, by the state that it leads to. */
const ACTIONS: Readonly<Record<RunTarget['state'], Action>> = {
  waiting: 'run.wait',
  exposing: 'run.expose',
  holdback: 'run.holdback',
  done: 'run.finish',
  held: 'run.hold',
  'rolled-back': 'run.rollback',
  skipped: 'run.skip',
  quarantined: 'run.quarantine',
}

/**
 * Commits a transition: the state of the rollout and the layers of its flag change together or not
 * at all.
 * @param at instant of the decision, ISO 8601
 */
export function transitionWrite(
  { project, key }: RolloutTarget,
  transition: Transition,
  at: string,
): Write {
  return {
    project,
    ...describe(transition),
    plan: (state) => planTransition({ project, key }, state, transition, at),
  }
}

const ENDS: Readonly<Record<Extract<Transition, { kind: 'end' }>['status'], string>> = {
  completed: 'The rollout is complete.',
  'completed-with-exceptions': 'The rollout is complete, with exceptions.',
  'rolled-back': 'The rollout has ended without success.',
  aborted: 'The rollout was aborted.',
}

function describe(transition: Transition): Pick<Write, 'action' | 'reason' | 'urgent'> {
  switch (transition.kind) {
    case 'run': {
      const { to, reason, isUrgent, isSafe } = transition.run
      return {
        action: isSafe ? 'run.safe' : ACTIONS[to.state],
        reason: reason.text,
        urgent: isUrgent,
      }
    }
    case 'wave':
      return {
        action: 'rollout.wave',
        reason: `Wave ${transition.wave + 1} is open, since the wave before is over.`,
      }
    case 'join':
      return { action: 'rollout.join', reason: 'The instance came after its wave was opened.' }
    case 'pause':
      return { action: 'rollout.pause', reason: transition.reason.text }
    case 'end':
      return { action: 'rollout.end', reason: ENDS[transition.status] }
  }
}

function planTransition(
  { project, key }: RolloutTarget,
  state: ProjectState,
  transition: Transition,
  at: string,
): readonly PlannedEdit[] {
  const rollout = findRollout(state, key)
  const edited = (members: Partial<ProgressiveRollout>): PlannedEdit => ({
    kind: 'rollout',
    key,
    after: { ...rollout, ...members },
  })
  switch (transition.kind) {
    case 'run': {
      const run = findRun(state, key, transition.run.scope)
      return editsOf({ project, state, rollout, run, at }, transition.run)
    }
    case 'wave': {
      const { wave, scopes } = transition
      return [edited({ wave }), ...scopes.map((scope) => waitingRun(rollout, { scope, wave }, at))]
    }
    case 'join':
      return [waitingRun(rollout, transition, at)]
    case 'pause':
      return [edited({ status: 'paused', reason: transition.reason })]
    case 'end': {
      const { status } = transition
      return [
        edited({ status, endedAt: at }),
        ...(status === 'completed' ? fold(state, rollout) : []),
      ]
    }
  }
}

function fold(state: ProjectState, { key, flag, environment }: ProgressiveRollout) {
  const finished = runsOf(state, key).map(({ scope }) => scope)
  // The layer of the environment is what the others fold into.
  return finished.includes(environment)
    ? foldedLayers(
        findFlag(state, flag),
        finished.filter((scope) => scope !== environment),
      )
    : []
}
