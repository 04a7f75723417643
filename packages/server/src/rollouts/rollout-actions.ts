import { entityName, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { findFlag } from '../flags/find-flag.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import type { ActionOrigin } from './actions.ts'
import { isInProgress } from './decide-run.ts'
import { isUntouched } from './driven-members.ts'
import { findRollout, namesOfRun, type RolloutTarget, runsOf } from './find-rollout.ts'
import { editsOf, type RunContext } from './run-edits.ts'
import type { Reason } from './transition.ts'

/** Stops a rollout: nothing begins and nothing advances. Rollbacks and kills go on. */
export function pauseRollout(target: RolloutTarget, { by }: ActionOrigin): Write {
  const reason = { code: 'by-person', text: `${by} paused the rollout.` }
  return editRollout(target, 'rollout.pause', (rollout) =>
    rollout.status === 'running' ? { ...rollout, status: 'paused', reason } : rollout,
  )
}

export function resumeRollout(target: RolloutTarget): Write {
  return editRollout(target, 'rollout.resume', ({ reason, ...rollout }) =>
    rollout.status === 'paused'
      ? { ...rollout, status: 'running' }
      : { ...rollout, ...(reason && { reason }) },
  )
}

/**
 * Ends a rollout before its time.
 * @param leave true leaves every scope unchanged; false restores what the rollout found, where
 * nobody has changed it since
 */
export function abortRollout(
  target: RolloutTarget,
  leave: boolean,
  { by, at }: ActionOrigin,
): Write {
  const { project, key } = target
  return {
    project,
    action: 'rollout.abort',
    // To restore is a rollback.
    urgent: !leave || undefined,
    names: (state) => namesOf(state, key),
    plan(state) {
      const rollout = findRollout(state, key)
      if (rollout.endedAt !== undefined) return []
      const reason = { code: 'by-person', text: `${by} aborted the rollout.` }
      const after: ProgressiveRollout = { ...rollout, status: 'aborted', endedAt: at, reason }
      return [
        { kind: 'rollout', key, after },
        ...(leave ? [] : restoreAll({ project, state, rollout, at }, reason)),
      ]
    },
  }
}

function restoreAll(context: Omit<RunContext, 'run'>, reason: Reason): PlannedEdit[] {
  const { state, rollout } = context
  const flag = findFlag(state, rollout.flag)
  return runsOf(state, rollout.key)
    .filter((run) => isInProgress(run) || run.state === 'done')
    .filter(({ scope, written }) => written !== undefined && isUntouched(flag, scope, written))
    .flatMap((run) =>
      editsOf({ ...context, run }, { scope: run.scope, to: { state: 'rolled-back' }, reason }),
    )
}

function namesOf(state: ProjectState, key: string): readonly string[] {
  const rollout = findRollout(state, key)
  return [
    entityName({ kind: 'rollout', key }),
    ...runsOf(state, key).flatMap(({ scope }) => namesOfRun(rollout, scope)),
  ]
}

function editRollout(
  { project, key }: RolloutTarget,
  action: string,
  edit: (rollout: ProgressiveRollout) => ProgressiveRollout,
): Write {
  return {
    project,
    action,
    names: () => [entityName({ kind: 'rollout', key })],
    plan: (state) => [{ kind: 'rollout', key, after: edit(findRollout(state, key)) }],
  }
}
