import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { decideStep, decideUrgent, isInProgress, type RunView } from './decide-run.ts'
import { decideWaves, isClosed } from './decide-waves.ts'
import { failedRuns } from './find-rollout.ts'
import type { Observation } from './observation.ts'
import type { WaveScopes } from './select-scopes.ts'
import type { Reason, RunTransition, Transition } from './transition.ts'

/** A rollout at one instant, with all that a decision depends on. */
export interface RolloutView {
  readonly rollout: ProgressiveRollout
  readonly runs: readonly RolloutRun[]
  /** The scopes of each wave of the plan, as selected now. */
  readonly waves: readonly WaveScopes[]
  readonly observe: (scope: string) => Observation
  /** Set while several instances regress together: the cause is not one of them. */
  readonly systemic?: Reason | undefined
  /** True just after the start of a server, when only urgent decisions are made. */
  readonly urgentOnly: boolean
  /** Responsible person of an instance, for its quarantine. */
  readonly ownerOf: (scope: string) => string
  /** Wall clock, epoch ms. */
  readonly now: number
}

/** The transitions of a rollout that are due. */
export interface Decision {
  /** Rollbacks, and holds of what a person has changed, which wait for nothing. */
  readonly urgent: readonly Transition[]
  readonly others: readonly Transition[]
}

/** A systemic regression rolls back runs that were finished within this time. */
const SYSTEMIC_REACH_MS = 24 * 60 * 60 * 1_000

/**
 * Decides the transitions of a rollout that are due. Pure: the same view leads to the same
 * transitions, so that a crash repeats and skips nothing. A run changes once at a time.
 */
export function decide(view: RolloutView): Decision {
  const { rollout, runs } = view
  const found = [
    ...decideSystemic(view),
    ...runs.flatMap((run) => decideUrgent(runView(view, run)) ?? []),
  ]
  const changed = new Set<string>()
  const once = found.filter(({ scope }) => !changed.has(scope) && changed.add(scope))
  const urgent = once.map((run) => ({ kind: 'run', run }) as const)
  if (rollout.status !== 'running' || view.urgentOnly) return { urgent, others: [] }

  const left = runs.filter(({ scope }) => !changed.has(scope))
  const stop = decideFailBudget(view, left)
  if (stop.length > 0) return { urgent, others: stop }
  const steps = left.flatMap((run) => decideStep(runView(view, run)) ?? [])
  const moved = new Set(steps.map(({ scope }) => scope))
  const idle = left.filter(({ scope }) => !moved.has(scope))
  const others = [
    ...steps.map((run) => ({ kind: 'run', run }) as const),
    // Waves follow from settled runs only.
    ...(urgent.length > 0 ? [] : decideWaves(view, idle)),
  ]
  return { urgent, others }
}

function runView({ rollout, observe, now }: RolloutView, run: RolloutRun): RunView {
  return { rollout, run, seen: observe(run.scope), now }
}

function decideSystemic({ runs, systemic, now, observe }: RolloutView): readonly RunTransition[] {
  if (systemic === undefined) return []
  const isRecent = ({ state, since }: RolloutRun) =>
    state === 'done' && now - Date.parse(since) < SYSTEMIC_REACH_MS
  return runs
    .filter((run) => isInProgress(run) || isRecent(run))
    .filter(({ scope }) => observe(scope).isUntouched)
    .map(({ scope }) => ({
      scope,
      to: { state: 'rolled-back' },
      reason: systemic,
      isUrgent: true,
    }))
}

/**
 * Stops the rollout once more runs have failed than the plan accepts: holds all that expose, and
 * begins no other. A rollout with nothing left to do ends instead.
 */
function decideFailBudget(
  { rollout, runs, waves }: RolloutView,
  left: readonly RolloutRun[],
): readonly Transition[] {
  const failed = failedRuns(runs)
  const { failBudget } = rollout.plan
  const isOver = rollout.wave + 1 >= waves.length && runs.every((run) => isClosed(run))
  if (failed.length <= failBudget || isOver) return []
  const names = failed.map(({ scope }) => scope).join(', ')
  const count = `${failed.length} of at most ${failBudget} scopes were rolled back`
  const next = 'Use "resume" to continue without them.'
  const reasonOf = (text: string) => ({ code: 'fail-budget', text: `${text}. ${next}` })
  const holds = left
    .filter(({ state }) => state === 'exposing')
    .map(({ scope }): Transition => {
      const to = { state: 'held', treats: 'unchanged' } as const
      // The key of an instance reads the reason of its run, which must name no other instance.
      return { kind: 'run', run: { scope, to, reason: reasonOf(count) } }
    })
  return [...holds, { kind: 'pause', reason: reasonOf(`${count}: ${names}`) }]
}
