import { instanceOf } from '@flaghoist/core/model'
import type { ProgressiveRollout } from '@flaghoist/core/schema'
import { ATTENTIONS, worstOf } from './attention.ts'
import type { RolloutOverview, ShownRun } from './run-schemas.ts'

/** States in which a run serves the new variant to a share of its users. */
const SHARING: ReadonlySet<string> = new Set(['exposing', 'holdback', 'held'])

/** Sums up the runs of a rollout. */
export function overviewOf(
  rollout: ProgressiveRollout,
  runs: readonly ShownRun[],
): RolloutOverview {
  const shares = runs.filter(({ state }) => SHARING.has(state)).map(({ share }) => share)
  const isPaused = rollout.status === 'paused'
  const attentions = runs.map(({ attention }) => attention)
  const [worst] = worstFirst(runs)
  const text = isPaused ? rollout.reason?.text : worst && blockText(worst)
  return {
    attention: worstOf([...attentions, ...(isPaused ? (['needs-person'] as const) : [])]),
    sentence: progressText(rollout, runs),
    states: countStates(runs),
    ...(shares.length > 0 && { share: { from: Math.min(...shares), to: Math.max(...shares) } }),
    ...(text !== undefined && { text }),
  }
}

/** Returns the progress in words, such as `Wave 2 of 3, "Europe": 4 of 12 runs done, 1 held.` */
function progressText({ plan, wave }: ProgressiveRollout, runs: readonly ShownRun[]): string {
  const count = (...states: ShownRun['state'][]) =>
    runs.filter(({ state }) => states.includes(state)).length
  const noun = runs.length === 1 ? 'run' : 'runs'
  const parts = [
    `${count('done')} of ${runs.length} ${noun} done`,
    ...[
      [count('exposing', 'holdback'), 'in progress'] as const,
      [count('waiting'), 'waiting'] as const,
      [count('held'), 'held'] as const,
      [count('rolled-back', 'quarantined'), 'rolled back'] as const,
      [count('skipped'), 'skipped'] as const,
    ]
      .filter(([number]) => number > 0)
      .map(([number, words]) => `${number} ${words}`),
  ]
  const name = plan.waves[wave]?.name ?? ''
  return `Wave ${wave + 1} of ${plan.waves.length}, "${name}": ${parts.join(', ')}.`
}

/** Returns runs by badness: those that need people first, then those with the most evidence. */
export function worstFirst(runs: readonly ShownRun[]): readonly ShownRun[] {
  const rank = ({ attention }: ShownRun) => ATTENTIONS.indexOf(attention)
  const evidence = ({ numbers }: ShownRun) => numbers?.evidence.log10 ?? 0
  return runs.toSorted((one, other) => rank(one) - rank(other) || evidence(other) - evidence(one))
}

/** Describes what a run that needs people, or is blocked, waits for. */
function blockText({ scope, attention, reason, verdict, next }: ShownRun): string | undefined {
  if (attention === 'moving' || attention === 'pending' || attention === 'settled') return undefined
  const text = attention === 'regressed' ? (reason?.text ?? verdict) : (next ?? reason?.text)
  const name = instanceOf(scope) ?? scope
  return text === undefined || text.includes(name) ? text : `${name}: ${text}`
}

function countStates(runs: readonly ShownRun[]): RolloutOverview['states'] {
  const counts = new Map<ShownRun['state'], number>()
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts].map(([state, runs]) => ({ state, runs }))
}
