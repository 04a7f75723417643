import type { Change, ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { authorName } from '../../projects/author-name.ts'
import { listed, NOTHING_TO_DO, type NoticeParts } from './notice.ts'

/** A rollout that a change has edited. */
export interface EditedRollout {
  readonly change: Change
  readonly before: ProgressiveRollout | null
  readonly after: ProgressiveRollout
  /** Its runs after the change. */
  readonly runs: readonly RolloutRun[]
}

/** Returns the notices of a rollout as a whole: its start, its waves, its pauses and its end. */
export function rolloutNotices(edited: EditedRollout): readonly NoticeParts[] {
  const { before, after } = edited
  if (before === null) return [startOf(edited)]
  if (after.endedAt !== undefined && before.endedAt === undefined) return [endOf(edited)]
  if (after.status === 'paused' && before.status !== 'paused') return [pauseOf(edited)]
  return after.wave > before.wave ? [waveOf(edited)] : []
}

/** The members that all notices about a rollout have. */
export function aboutRollout({ key, flag, environment }: ProgressiveRollout) {
  return { rollout: key, flags: [flag], scopes: [environment], todo: NOTHING_TO_DO }
}

function startOf({ change, after, runs }: EditedRollout): NoticeParts {
  return {
    ...aboutRollout(after),
    event: 'rollout-started',
    severity: 'info',
    what: `${authorName(change.actor)} started the rollout of "${after.flag}" in ${after.environment}.`,
    reason: change.reason,
    done: openedWave(after, runs),
  }
}

function waveOf({ after, runs }: EditedRollout): NoticeParts {
  return {
    ...aboutRollout(after),
    event: 'wave-opened',
    severity: 'info',
    scopes: runs.filter(({ wave }) => wave === after.wave).map(({ scope }) => scope),
    what: `The rollout of "${after.flag}" in ${after.environment} reached its next wave.`,
    done: openedWave(after, runs),
  }
}

function openedWave({ plan, wave }: ProgressiveRollout, runs: readonly RolloutRun[]): string {
  const { name } = plan.waves[wave] ?? { name: '' }
  const scopes = runs.filter((run) => run.wave === wave).map(({ scope }) => scope)
  return `Wave ${wave + 1} of ${plan.waves.length}, "${name}", is open for ${listed(scopes)}.`
}

function pauseOf({ after }: EditedRollout): NoticeParts {
  const isByPerson = after.reason?.code === 'by-person'
  return {
    ...aboutRollout(after),
    event: 'held',
    severity: isByPerson ? 'info' : 'warning',
    what: `The rollout of "${after.flag}" in ${after.environment} is paused.`,
    reason: after.reason?.text,
    done: 'Every scope keeps its present share. Regressions are still rolled back.',
    todo: isByPerson ? NOTHING_TO_DO : 'Remove the cause, then use "resume".',
  }
}

function endOf(edited: EditedRollout): NoticeParts {
  const { after } = edited
  const common = { ...aboutRollout(after), event: 'rollout-ended' as const }
  const subject = `The rollout of "${after.flag}" in ${after.environment}`
  switch (after.status) {
    case 'completed':
      return {
        ...common,
        severity: 'info',
        what: `${subject} is complete.`,
        done: `All users get "${after.to}".`,
        todo: `Keep the code of "${after.to}", and remove the flag and the other path. The rollout lists the steps.`,
      }
    case 'completed-with-exceptions':
      return {
        ...common,
        severity: 'warning',
        what: `${subject} is complete, with exceptions.`,
        done: `All users get "${after.to}", except in ${listed(exceptionsOf(edited))}.`,
        todo: 'Fix the cause there, then use "retry".',
      }
    case 'rolled-back':
      return {
        ...common,
        severity: 'warning',
        what: `${subject} has ended without success.`,
        done: 'All users get what they got before the rollout.',
        todo: 'Fix the cause, then use "retry" or start another rollout.',
      }
    default:
      return abortOf(edited)
  }
}

function exceptionsOf({ runs }: EditedRollout): readonly string[] {
  return runs
    .filter(({ state }) => state !== 'done')
    .map(({ scope, state }) => `${scope} (${state})`)
}

function abortOf({ change, after, runs }: EditedRollout): NoticeParts {
  const restored = runs.filter(({ state }) => state === 'rolled-back').map(({ scope }) => scope)
  const done =
    restored.length > 0
      ? `The settings from before the rollout are restored in ${listed(restored)}.`
      : 'Every scope keeps its present settings.'
  return {
    ...aboutRollout(after),
    event: 'rollout-ended',
    severity: 'warning',
    what: `${authorName(change.actor)} aborted the rollout of "${after.flag}" in ${after.environment}.`,
    reason: change.reason,
    done,
  }
}
