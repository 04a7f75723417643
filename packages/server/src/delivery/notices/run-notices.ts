import { isRestored, isSafeRollout } from '@flaghoist/core/model'
import type { Change, ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { authorName } from '../../projects/author-name.ts'
import { MINUTE_MS } from '../../time.ts'
import { severityOfHold, severityOfRollback, stepAfterHold } from './hold-steps.ts'
import { listed, type NoticeParts } from './notice.ts'
import { aboutRollout } from './rollout-notices.ts'

/** A run that a change has edited. */
export interface EditedRun {
  readonly before: RolloutRun | null
  readonly after: RolloutRun
}

/** The runs of one rollout that a change has edited. */
export interface EditedRuns {
  readonly change: Change
  readonly rollout: ProgressiveRollout
  readonly edited: readonly EditedRun[]
  /** All runs of the rollout after the change. */
  readonly runs: readonly RolloutRun[]
}

/** A hold that most often ends by itself is worth a notice only if it lasts. */
const WATCH_MS = 30 * MINUTE_MS

/** Returns the notices of runs: at most one of each event. */
export function runNotices(input: EditedRuns): readonly NoticeParts[] {
  const reached = (state: RolloutRun['state']) =>
    input.edited.filter(({ before, after }) => after.state === state && isNew(before, after))
  return [
    ...about(reached('rolled-back'), (runs) => rollbackOf(input, runs)),
    // The notice of a kill says that already.
    ...about(
      reached('held').filter(({ after }) => after.reason?.code !== 'killed'),
      (runs) => holdOf(input, runs),
    ),
    ...about(reached('quarantined'), (runs) => quarantineOf(input, runs)),
    ...safetyOf(input),
  ]
}

function isNew(before: RolloutRun | null, after: RolloutRun): boolean {
  return before?.state !== after.state || before.reason?.code !== after.reason?.code
}

function about(
  edited: readonly EditedRun[],
  describe: (runs: readonly RolloutRun[]) => NoticeParts | undefined,
): readonly NoticeParts[] {
  const notice = edited.length === 0 ? undefined : describe(edited.map(({ after }) => after))
  return notice === undefined ? [] : [notice]
}

function rollbackOf({ change, rollout }: EditedRuns, runs: readonly RolloutRun[]): NoticeParts {
  const scopes = scopesOf(runs)
  const { code = '' } = runs[0]?.reason ?? {}
  return {
    ...aboutRollout(rollout),
    event: 'rolled-back',
    severity: severityOfRollback(code),
    scopes,
    what: `${actorOf(change)} rolled back "${rollout.flag}" in ${listed(scopes)}.`,
    reason: reasonOf(change, runs),
    done: 'All users there get what they got before the rollout.',
    todo: 'You need to do nothing now. Use "retry" after a fix.',
  }
}

function holdOf({ change, rollout }: EditedRuns, runs: readonly RolloutRun[]): NoticeParts {
  const scopes = scopesOf(runs)
  const { code = '' } = runs[0]?.reason ?? {}
  return {
    ...aboutRollout(rollout),
    event: 'held',
    severity: severityOfHold(code),
    scopes,
    what: `The rollout of "${rollout.flag}" is held in ${listed(scopes)}.`,
    reason: reasonOf(change, runs),
    done: 'No more users there get the new variant.',
    todo: stepAfterHold(code),
    ...(code === 'watch' && { holdsForMs: WATCH_MS }),
  }
}

function quarantineOf({ change, rollout }: EditedRuns, runs: readonly RolloutRun[]): NoticeParts {
  const scopes = scopesOf(runs)
  return {
    ...aboutRollout(rollout),
    event: 'quarantined',
    severity: 'warning',
    scopes,
    what: `${actorOf(change)} quarantined ${listed(scopes)} in the rollout of "${rollout.flag}".`,
    reason: reasonOf(change, runs),
    done: 'Users there get what they got before the rollout, while the other scopes go on.',
    todo: `${runs[0]?.owner ?? 'The owner'} is responsible. Use "retry" after a fix.`,
  }
}

/** Returns a notice once the rollout is safe to stop watching. */
function safetyOf({ rollout, edited, runs }: EditedRuns): readonly NoticeParts[] {
  const changed = new Set(edited.map(({ after }) => after.scope))
  const before = [
    ...runs.filter(({ scope }) => !changed.has(scope)),
    ...edited.flatMap((one) => one.before ?? []),
  ]
  if (!isSafeRollout(rollout, runs) || isSafeRollout(rollout, before)) return []
  const safe = runs.filter(({ safeAt }) => safeAt !== undefined)
  const restored = runs.filter((run) => isRestored(run))
  const proven = edited.filter(({ after }) => after.safeAt !== undefined)
  return [
    {
      ...aboutRollout(rollout),
      event: 'safe-to-stop-watching',
      severity: 'info',
      what: `You can stop watching the rollout of "${rollout.flag}" in ${rollout.environment}.`,
      reason: reasonText(proven.map(({ after }) => after)),
      done: `${listed(scopesOf(safe))} passed all checks.${keptText(restored)}`,
    },
  ]
}

function keptText(restored: readonly RolloutRun[]): string {
  return restored.length === 0
    ? ''
    : ` Users keep the old variant in ${listed(scopesOf(restored))}.`
}

function scopesOf(runs: readonly RolloutRun[]): readonly string[] {
  return runs.map(({ scope }) => scope)
}

function reasonText(runs: readonly RolloutRun[]): string | undefined {
  return runs[0]?.reason?.text
}

/** The verdict of the engine, or the words of the person who acted. */
function reasonOf({ actor, reason }: Change, runs: readonly RolloutRun[]): string | undefined {
  return actor.kind === 'system' ? reasonText(runs) : reason
}

function actorOf({ actor }: Change): string {
  return actor.kind === 'system' ? 'Flaghoist' : authorName(actor)
}
