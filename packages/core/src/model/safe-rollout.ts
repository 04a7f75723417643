import type { ProgressiveRollout, RolloutRun } from '../schema/index.ts'

/** States in which a scope has again what the rollout found there. */
const RESTORED: ReadonlySet<string> = new Set(['rolled-back', 'skipped', 'quarantined'])
/** Reasons of a run that ended without moving a user. */
const UNMOVED: ReadonlySet<string> = new Set(['already', 'unused'])

/** Checks that a scope is as the rollout found it: only a retry by a person continues. */
export function isRestored({ state }: Pick<RolloutRun, 'state'>): boolean {
  return RESTORED.has(state)
}

/** Checks that a run has moved no user, or that all users there have the old variant again. */
export function movesNoUser(run: RolloutRun): boolean {
  return isRestored(run) || (run.state === 'done' && UNMOVED.has(run.reason?.code ?? ''))
}

/**
 * Checks that a rollout is safe to stop watching: its last wave is open, and each run is safe or
 * moves no user. At least one must be safe.
 */
export function isSafeRollout(
  { plan, wave }: Pick<ProgressiveRollout, 'plan' | 'wave'>,
  runs: readonly RolloutRun[],
): boolean {
  return (
    wave >= plan.waves.length - 1 &&
    runs.some(({ safeAt }) => safeAt !== undefined) &&
    runs.every((run) => run.safeAt !== undefined || movesNoUser(run))
  )
}
