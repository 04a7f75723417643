import { instanceOf } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { shareOfRun } from './run-share.ts'

/** Runs that a sentence names; of more, only their number is said. */
const MAX_NAMED = 3

const STATE_TEXTS: Readonly<Record<RolloutRun['state'], string>> = {
  waiting: 'waits',
  exposing: 'exposes',
  holdback: 'is in its holdback',
  done: 'is done',
  held: 'is held',
  'rolled-back': 'is rolled back',
  quarantined: 'is quarantined',
  skipped: 'is skipped',
}

interface Effect {
  readonly rollout: ProgressiveRollout
  readonly before: readonly RolloutRun[]
  readonly after: readonly RolloutRun[]
}

/** Describes what an action does to runs; undefined if it changes none. */
export function effectText({ rollout, before, after }: Effect): string | undefined {
  const old = new Map(before.map((run) => [run.scope, run]))
  const changed = after.filter((run) => old.get(run.scope) !== run)
  if (changed.length === 0) return undefined
  const named = changed.slice(0, MAX_NAMED).map((run) => runText(rollout, old.get(run.scope), run))
  const rest = changed.length - named.length
  const more = rest === 1 ? ['1 more run changes.'] : [`${rest} more runs change.`]
  return [...named, ...(rest > 0 ? more : [])].join(' ')
}

function runText({ to }: ProgressiveRollout, before: RolloutRun | undefined, run: RolloutRun) {
  const [from, now] = [before === undefined ? 0 : shareOfRun(before), shareOfRun(run)]
  const name = instanceOf(run.scope) ?? run.scope
  const users =
    from === now
      ? `${now}% of the users keep "${to}"`
      : `${now}% of the users get "${to}" instead of ${from}%`
  return `${name} ${STATE_TEXTS[run.state]}: ${users}.`
}
