import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { MINUTE_MS } from '../time.ts'
import type { Observation, RunVerdict } from './observation.ts'
import { isInHoldback, isInLastStage, stepsOf } from './step-members.ts'
import type { Reason, RunTarget, RunTransition } from './transition.ts'

/** One run, with the observation of its scope. */
export interface RunView {
  readonly rollout: ProgressiveRollout
  readonly run: RolloutRun
  readonly seen: Observation
  /** Wall clock, epoch ms. */
  readonly now: number
}

/** Reasons of a hold that ends by itself when its cause is gone. */
const PASSING_HOLDS: ReadonlySet<string> = new Set(['watch', 'no-data'])

/** Checks that a run serves the new variant to some users, or may do so again. */
export function isInProgress({ state }: RolloutRun): boolean {
  return state === 'exposing' || state === 'holdback' || state === 'held'
}

/** Decides a rollback or a hold that nothing may delay. */
export function decideUrgent(view: RunView): RunTransition | undefined {
  const { rollout, run, seen } = view
  if (!isInProgress(run)) return undefined
  const holds = (code: string) => run.state === 'held' && run.reason?.code === code
  if (!seen.isUntouched) return holds('changed-by-hand') ? undefined : holdFor(run, CHANGED_BY_HAND)
  if (seen.isKilled)
    return holds('killed')
      ? undefined
      : { ...holdFor(run, KILLED), to: { state: 'held', treats: 'none' } }
  const { verdict } = seen
  if (verdict?.action !== 'regressed' || holds('regressed')) return undefined
  const { reason, evidence } = verdict
  if (rollout.plan.onRegression === 'hold') return { ...holdFor(run, reason), evidence }
  return { scope: run.scope, to: { state: 'rolled-back' }, reason, evidence, isUrgent: true }
}

/** Decides whether a run that exposes is held, continues, or goes one step on. */
export function decideStep(view: RunView): RunTransition | undefined {
  const { run, seen } = view
  if (run.state === 'held') return decideEndOfHold(view)
  if (run.state !== 'exposing' && run.state !== 'holdback') return undefined
  const { verdict, closed } = seen
  if (verdict?.action === 'hold')
    return { ...holdFor(run, verdict.reason), evidence: verdict.evidence }
  if (verdict?.reason.code === 'safe' && isInLastStage(view.rollout, run) && !run.safeAt)
    return safe(run, verdict)
  if (closed !== undefined || missingFor(view) !== undefined) return undefined
  return {
    scope: run.scope,
    to: nextStep(view),
    reason: reasonOfNext(view),
    evidence: verdict?.evidence,
  }
}

/** Returns what the next step still waits for; undefined if nothing. */
export function missingFor({ rollout, run, seen, now }: RunView): Reason | undefined {
  if (run.state === 'holdback') return missingHours(rollout, run, now)
  const step = stepsOf(rollout, run)[run.step]
  if (step === undefined) return undefined
  const { minutes, units, verdict } = seen
  // Both: minutes without exposures prove nothing, and a clock can jump.
  const passed = Math.min(minutes, Math.floor((now - Date.parse(run.since)) / MINUTE_MS))
  if (passed < step.minMinutes)
    return reason(
      'minutes',
      `${step.minMinutes - passed} of ${step.minMinutes} minutes with users are still to come.`,
    )
  if (units < step.minUnits)
    return reason('units', `${step.minUnits - units} of ${step.minUnits} users are still to come.`)
  if (step.gate === 'manual')
    return reason('manual', 'The next step waits for a person: use "advance".')
  if (step.gate === 'healthy' && verdict?.action !== 'clear')
    return verdict?.reason ?? reason('no-verdict', 'No metric has reported anything yet.')
  return undefined
}

function missingHours(
  { plan }: ProgressiveRollout,
  run: RolloutRun,
  now: number,
): Reason | undefined {
  const until = Date.parse(run.since) + (plan.holdback?.hours ?? 0) * 60 * MINUTE_MS
  if (now >= until) return undefined
  const text = `${plan.holdback?.percent}% of the users keep the old variant until ${new Date(until).toISOString()}.`
  return reason('holdback', text)
}

/** Returns the state after the present step. */
export function nextStep({ rollout, run }: Pick<RunView, 'rollout' | 'run'>): RunTarget {
  const step = run.step + 1
  if (run.state === 'holdback') return { state: 'done' }
  if (step < stepsOf(rollout, run).length) return { state: 'exposing', step }
  return rollout.plan.holdback === null ? { state: 'done' } : { state: 'holdback', step }
}

function reasonOfNext({ rollout, run, seen }: RunView): Reason {
  const target = nextStep({ rollout, run })
  const { verdict } = seen
  const isCleared = verdict?.reason.code === 'cleared' || verdict?.reason.code === 'safe'
  const why = isCleared ? ` ${verdict.reason.text}` : ''
  if (target.state === 'done') return reason('finished', `All users get the new variant.${why}`)
  const step = 'step' in target ? target.step : 0
  return reason(isCleared ? 'healthy' : 'time', `${stepText(rollout, run, step)}${why}`)
}

/** Returns a sentence about the users of a step. */
export function stepText(rollout: ProgressiveRollout, run: RolloutRun, index: number): string {
  const steps = stepsOf(rollout, run)
  const step = steps[index]
  if (step === undefined)
    return `${rollout.plan.holdback?.percent}% of the users keep the old variant.`
  const { audience } = step
  const who =
    'share' in audience
      ? `${audience.share}% of the users`
      : `The users of ${audience.segments.map((key) => `"${key}"`).join(' and ')}`
  return `${who} get the new variant (step ${index + 1} of ${steps.length}).`
}

/**
 * A hold whose cause is gone ends at the same step. One for evidence of harm ends at a lower bound
 * than it began, so that evidence between the two moves nothing.
 */
function decideEndOfHold({ rollout, run, seen }: RunView): RunTransition | undefined {
  const { code = '' } = run.reason ?? {}
  if (!PASSING_HOLDS.has(code) || seen.closed !== undefined) return undefined
  const { action, keepsHold } = seen.verdict ?? {}
  if (action === 'hold' || (code === 'watch' && keepsHold)) return undefined
  const state = isInHoldback(rollout, run) ? 'holdback' : 'exposing'
  const text = 'The cause of the hold is gone.'
  return { scope: run.scope, to: { state, step: run.step }, reason: reason('resumed', text) }
}

const CHANGED_BY_HAND: Reason = {
  code: 'changed-by-hand',
  text: 'A person changed the layer. Use "adopt" to continue from it, or "resume" to put the rollout back.',
}
const KILLED: Reason = {
  code: 'killed',
  text: 'The flag was killed. Restore it, then use "resume".',
}

function safe({ scope, state, step }: RolloutRun, { reason, evidence }: RunVerdict): RunTransition {
  const to = { state: state === 'holdback' ? 'holdback' : 'exposing', step } as const
  return { scope, to, reason, evidence, isSafe: true }
}

function holdFor({ scope }: RolloutRun, why: Reason): RunTransition {
  return { scope, to: { state: 'held', treats: 'unchanged' }, reason: why, isUrgent: true }
}

function reason(code: string, text: string): Reason {
  return { code, text }
}
