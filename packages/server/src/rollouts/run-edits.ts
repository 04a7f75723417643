import { isRestored, type ProjectState, runKey } from '@flaghoist/core/model'
import type { DrivenMembers, Flag, ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { findFlag } from '../flags/find-flag.ts'
import { layerEdit } from '../flags/layers/find-layer.ts'
import type { PlannedEdit } from '../projects/projects.ts'
import { withoutUndefined } from '../without-undefined.ts'
import { findMembers, restoredMembers, withMembers } from './driven-members.ts'
import { pinnedLayers } from './pin-instances.ts'
import { membersAt, membersOfAll, membersOfNone } from './step-members.ts'
import { isPlannedWait, type RunTransition } from './transition.ts'

/** A run, its rollout, and the instant of a transition. */
export interface RunContext {
  readonly project: string
  readonly state: ProjectState
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  /** ISO 8601. */
  readonly at: string
}

/** Plans the edits of a transition: the run, and the layers that it serves by. */
export function editsOf(context: RunContext, transition: RunTransition): readonly PlannedEdit[] {
  const { rollout, state, run } = context
  const flag = findFlag(state, rollout.flag)
  const members = membersFor(context, flag, transition)
  const after = runAfter(context, flag, transition, members)
  const edits: PlannedEdit[] = [{ kind: 'run', key: runKey(rollout.key, run.scope), after }]
  if (members === undefined) return edits
  return [
    ...edits,
    layerEdit(flag.key, run.scope, withMembers(flag, run.scope, members)),
    ...(run.scope === rollout.environment ? pinnedLayers(state, flag, rollout.environment) : []),
  ]
}

/** The members that a transition writes; undefined where it leaves the layer unchanged. */
function membersFor(
  { project, rollout, run }: RunContext,
  flag: Flag,
  { to, reason, isSafe }: RunTransition,
): DrivenMembers | undefined {
  if (isSafe) return undefined
  switch (to.state) {
    case 'exposing':
    case 'holdback':
      return membersAt(project, rollout, run, to.step)
    case 'held':
      return to.treats === 'none' && run.written ? membersOfNone(project, rollout, run) : undefined
    case 'done':
      return reason.code === 'already' ? undefined : membersOfAll(rollout)
    case 'rolled-back':
    case 'skipped':
    case 'quarantined':
      return run.found && restoredMembers(flag, run.scope, run.found)
    case 'waiting':
      return undefined
  }
}

function runAfter(
  { run, at }: RunContext,
  flag: Flag,
  { to, reason, evidence, adopts, isSafe }: RunTransition,
  members: DrivenMembers | undefined,
): RolloutRun {
  const { state } = to
  const step = 'step' in to ? to.step : run.step
  const isSame = state === run.state && step === run.step && !isPlannedWait(run.reason)
  const isRetried = state === 'waiting' && isRestored(run)
  const found = adopts ? undefined : run.found
  return withoutUndefined({
    ...run,
    state,
    step: isRetried ? 0 : step,
    // A new reason to wait does not start the wait again, unless the wait was planned.
    since: isSame ? run.since : at,
    reason,
    evidence,
    // After any transition but its end, a run must be watched again.
    safeAt: isSafe ? at : state === 'done' ? run.safeAt : undefined,
    owner: state === 'quarantined' ? to.owner : undefined,
    attempt: isRetried ? run.attempt + 1 : run.attempt,
    ...(isRestored(to)
      ? { found: undefined, written: undefined }
      : {
          found: found ?? (members && findMembers(flag, run.scope)),
          written: members ?? run.written,
        }),
  })
}

/** The runs of a wave that opens. */
export function waitingRun(
  { key }: ProgressiveRollout,
  { scope, wave, joined = 0 }: { scope: string; wave: number; joined?: number },
  at: string,
): PlannedEdit {
  const after: RolloutRun = {
    rollout: key,
    scope,
    state: 'waiting',
    wave,
    step: 0,
    since: at,
    attempt: 1,
    joined,
  }
  return { kind: 'run', key: runKey(key, scope), after }
}
