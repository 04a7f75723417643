import { instanceOf, isSafeRollout, movesNoUser } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { SAFE_HOURS, SAFE_PART_OF_USERS } from '@flaghoist/health'
import type { RunView } from './decide-run.ts'
import type { Safety } from './run-schemas.ts'
import { isInLastStage, stepsOf } from './step-members.ts'

const HOUR_MINUTES = 60

/** Returns the safety of a run: a proof, or the next missing condition. */
export function safetyOfRun(view: RunView): Safety {
  const { rollout, run, seen } = view
  const name = instanceOf(run.scope) ?? run.scope
  if (run.safeAt !== undefined)
    return { isSafe: true, since: run.safeAt, text: `${name} has been safe since ${run.safeAt}.` }
  if (movesNoUser(run)) return { isSafe: true, text: `No user of ${name} has been moved.` }
  if (run.state === 'done')
    return { isSafe: false, text: `${name} was finished before its metrics could prove it safe.` }
  if (!isInLastStage(rollout, run))
    return { isSafe: false, text: `${name} has not reached its last stage: ${stageText(view)}` }
  if (seen.verdict?.action !== 'clear') {
    const text = seen.verdict?.reason.text ?? `${name} has no verdict yet`
    return { isSafe: false, text: `${text}.`, ...(seen.missing && { units: seen.missing.units }) }
  }
  return { isSafe: false, ...gapOf(view, name) }
}

/** Describes the state of a run that is not in its last stage. */
function stageText({ rollout, run }: RunView): string {
  if (run.state !== 'exposing') return `it is ${run.state}.`
  return `it is at step ${run.step + 1} of ${stepsOf(rollout, run).length}.`
}

/** Describes what a cleared run in its last stage is missing. */
function gapOf({ seen }: RunView, name: string): Omit<Safety, 'isSafe'> {
  const { stage, gap } = seen
  if (stage === undefined) return { text: `Nothing is compared in ${name}.` }
  const minutes = Math.max(0, Math.ceil((SAFE_HOURS - stage.hours) * HOUR_MINUTES))
  const needed = Math.ceil(SAFE_PART_OF_USERS * stage.usualUsers)
  switch (gap) {
    case 'hours':
      return { minutes, text: `${name} must be quiet for ${hoursText(minutes)} more.` }
    case 'busiest-hour':
      return {
        text: `${name} has had no user in its busiest hour, from ${stage.busiestHour}:00 UTC.`,
      }
    case 'users':
      return {
        units: needed - stage.users,
        text: `${name} needs ${needed} users in a day, 80% of the usual number, and had ${stage.users}.`,
      }
    case 'late-evidence':
      return { text: `The last six hours in ${name} are evidence of harm.` }
    default:
      return { minutes: 0, text: `${name} is being checked.` }
  }
}

function hoursText(minutes: number): string {
  const [value, noun] =
    minutes >= HOUR_MINUTES ? [Math.ceil(minutes / HOUR_MINUTES), 'hour'] : [minutes, 'minute']
  return `${value} ${noun}${value === 1 ? '' : 's'}`
}

/** Returns whether a rollout is safe to stop watching, from the safety of all its scopes. */
export function safetyOfRollout(
  rollout: ProgressiveRollout,
  runs: readonly RolloutRun[],
  scopes: readonly Safety[],
): Safety {
  if (isSafeRollout(rollout, runs)) {
    const since = runs.flatMap(({ safeAt }) => safeAt ?? []).sort()
    return { isSafe: true, since: since.at(-1), text: 'You can stop watching the rollout.' }
  }
  const left = scopes.filter((one) => !one.isSafe)
  const [first] = left
  const most = (member: 'units' | 'minutes') => {
    const known = left.flatMap((one) => one[member] ?? [])
    return known.length === 0 ? {} : { [member]: Math.max(...known) }
  }
  return {
    isSafe: false,
    text: `${scopes.length - left.length} of ${scopes.length} scopes are safe. ${first?.text ?? ''}`.trim(),
    ...most('minutes'),
    ...most('units'),
  }
}
