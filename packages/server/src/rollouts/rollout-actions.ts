import { runAtOnce } from '@flaghoist/core/internal'
import { entityName, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { findFlag } from '../flags/find-flag.ts'
import { planInSteps } from '../projects/plan-in-steps.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { type ActionOrigin, actOnRuns } from './actions.ts'
import { isInProgress } from './decide-run.ts'
import { isUntouched } from './driven-members.ts'
import { failedRuns, findRollout, namesOfRun, type RolloutTarget, runsOf } from './find-rollout.ts'
import { editsOf, type RunContext } from './run-edits.ts'
import type { Reason } from './transition.ts'

/** Stops a rollout: nothing begins and nothing advances. Rollbacks and kills go on. */
export function pauseRollout({ project, key }: RolloutTarget, { by }: ActionOrigin): Write {
  return {
    project,
    action: 'rollout.pause',
    names: () => [entityName({ kind: 'rollout', key })],
    plan(state) {
      const rollout = findRollout(state, key)
      if (rollout.status !== 'running') return []
      const reason = { code: 'by-person', text: `${by} paused the rollout.` }
      return [{ kind: 'rollout', key, after: { ...rollout, status: 'paused', reason } }]
    },
  }
}

/**
 * Continues a rollout, and the runs that are held for no reason of their own. The others need a
 * person who looks at each.
 */
export function resumeRollout(target: RolloutTarget, origin: ActionOrigin): Write {
  const { key } = target
  const runs = (state: ProjectState) =>
    runsOf(state, key)
      .filter(({ state: is, reason }) => is === 'held' && RESUMED_TOGETHER.has(reason?.code ?? ''))
      .map(({ scope }) => scope)
  return {
    project: target.project,
    action: 'rollout.resume',
    names: (state) => namesOf(state, key),
    plan(state) {
      const { reason: _, ...rollout } = findRollout(state, key)
      const scopes = runs(state)
      const resumed = actOnRuns(target, 'resume', { scopes }, origin)
      const held = scopes.length === 0 ? [] : runAtOnce(planInSteps(resumed, state))
      if (rollout.status !== 'paused') return held
      // Continuing accepts the failures, or the rollout would stop again at once.
      const failBudget = Math.max(rollout.plan.failBudget, failedRuns(runsOf(state, key)).length)
      const plan = { ...rollout.plan, failBudget }
      return [{ kind: 'rollout', key, after: { ...rollout, plan, status: 'running' } }, ...held]
    },
  }
}

const RESUMED_TOGETHER: ReadonlySet<string> = new Set([
  'by-person',
  'fail-budget',
  'watch',
  'no-data',
])

/**
 * Ends a rollout before its time.
 * @param leave true leaves every scope unchanged; false restores what the rollout found, where
 * no person has changed the layer since
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
  const runs = runsOf(state, key)
  // Without an error for an unknown rollout: a key that may change none learns of none.
  return [
    entityName({ kind: 'rollout', key }),
    ...runs.flatMap(({ scope }) => namesOfRun(findRollout(state, key), scope)),
  ]
}
