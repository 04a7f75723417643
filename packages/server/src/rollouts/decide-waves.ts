import type { RolloutRun } from '@flaghoist/core/schema'
import { MINUTE_MS } from '../time.ts'
import type { RolloutView } from './decide.ts'
import { stepText } from './decide-run.ts'
import { isPlannedWait, type Reason, type RunTransition, type Transition } from './transition.ts'

const HOUR_MS = 60 * MINUTE_MS
const DEFAULT_WAIT_HOURS = 24

/** Decides which runs begin, which instances join, which wave opens, and whether all is over. */
export function decideWaves(view: RolloutView, idle: readonly RolloutRun[]): readonly Transition[] {
  const moves = [...decideQuarantines(view, idle), ...decideWaiting(view, idle)]
  const runs = moves.map((run) => ({ kind: 'run', run }) as const)
  const joins = decideJoins(view)
  if (runs.length > 0 || joins.length > 0) return [...runs, ...joins]
  return decideNextWave(view)
}

/** A run that was rolled back stays on the old path, with a person who is responsible for it. */
function decideQuarantines(
  { rollout, ownerOf }: RolloutView,
  idle: readonly RolloutRun[],
): readonly RunTransition[] {
  return idle
    .filter(({ state }) => state === 'rolled-back')
    .map(({ scope, reason, evidence }) => ({
      scope,
      evidence,
      to: { state: 'quarantined', owner: ownerOf(scope) || rollout.startedBy },
      reason: reason ?? { code: 'rolled-back', text: 'The run was rolled back.' },
    }))
}

/** Begins waiting runs where they may begin, as many as the wave allows at once. */
function decideWaiting(view: RolloutView, idle: readonly RolloutRun[]): readonly RunTransition[] {
  const { rollout, runs, observe } = view
  const busy = new Map<number, number>()
  for (const { state, wave } of runs)
    if (state === 'exposing' || state === 'held') busy.set(wave, (busy.get(wave) ?? 0) + 1)
  return idle
    .filter(({ state }) => state === 'waiting')
    .flatMap((run): RunTransition[] => {
      const { scope, wave } = run
      const blocked = waitsFor(view, run)
      if (blocked !== undefined) return afterWaiting(view, run, blocked)
      const { found } = observe(scope)
      if (isUntried(view, run)) return [{ scope, to: { state: 'skipped' }, reason: UNTRIED }]
      if (isUnused(view, run)) return [{ scope, to: { state: 'done' }, reason: UNUSED }]
      if (found === 'already') return [{ scope, to: { state: 'done' }, reason: ALREADY }]
      if (found === 'rollout')
        return [{ scope, to: { state: 'held', treats: 'unchanged' }, reason: FOREIGN_ROLLOUT }]
      const room = rollout.plan.waves[wave]?.atOnce ?? Number.POSITIVE_INFINITY
      const now = busy.get(wave) ?? 0
      if (now >= room) return []
      busy.set(wave, now + 1)
      const reason = { code: 'begun', text: stepText(rollout, run, 0) }
      return [{ scope, to: { state: 'exposing', step: 0 }, reason }]
    })
}

/** Returns what a waiting run waits for; undefined if it can begin. */
export function waitsFor(
  { rollout, runs, observe }: Pick<RolloutView, 'rollout' | 'runs' | 'observe'>,
  { scope }: Pick<RolloutRun, 'scope'>,
): Reason | undefined {
  const { closed, isKilled, isConnected } = observe(scope)
  if (closed !== undefined) return closed
  if (isKilled) return { code: 'killed', text: 'The flag is killed here. Restore it.' }
  // The layer of the environment reaches every instance without one of its own.
  const others = runs.filter((run) => run.scope !== scope)
  if (scope === rollout.environment && others.length > 0)
    return others.every(isClosed)
      ? undefined
      : { code: 'instances-first', text: 'The instances come first.' }
  if (!isConnected)
    return {
      code: 'not-connected',
      text: 'No SDK is connected, so that no user would get the new variant.',
    }
  return undefined
}

/** Checks for the environment itself that no instance got through: nothing speaks for the path. */
function isUntried({ rollout, runs }: RolloutView, { scope }: Pick<RolloutRun, 'scope'>): boolean {
  const others = runs.filter((run) => run.scope !== scope)
  return (
    scope === rollout.environment && others.length > 0 && !others.some(({ state }) => isGood(state))
  )
}

/**
 * Checks for the environment itself that all SDKs evaluate in its instances. Its layer then serves
 * later instances only, so that no step would ever see a user.
 */
function isUnused(
  { rollout, runs, observe }: RolloutView,
  { scope }: Pick<RolloutRun, 'scope'>,
): boolean {
  return scope === rollout.environment && runs.length > 1 && !observe(scope).isConnected
}

/** Records a new reason to wait, and skips a run that has waited too long. */
function afterWaiting(
  { rollout, now }: RolloutView,
  { scope, wave, since, reason }: RolloutRun,
  blocked: Reason,
): RunTransition[] {
  const hours = rollout.plan.waves[wave]?.waitAtMostHours ?? DEFAULT_WAIT_HOURS
  if (!isPlannedWait(blocked) && now - Date.parse(since) >= hours * HOUR_MS) {
    const text = `Skipped after ${hours} hours of waiting. ${blocked.text}`
    return [{ scope, to: { state: 'skipped' }, reason: { code: 'waited-too-long', text } }]
  }
  if (reason?.code === blocked.code && reason.text === blocked.text) return []
  return [{ scope, to: { state: 'waiting' }, reason: blocked }]
}

/** Adds instances that came after the wave for the rest was opened. */
function decideJoins({ rollout, runs, waves }: RolloutView): readonly Transition[] {
  const known = new Set(runs.map(({ scope }) => scope))
  const rest = rollout.plan.waves.findIndex(({ instances }) => instances.rest === true)
  if (rest < 0 || rest > rollout.wave) return []
  const last = Math.max(0, ...runs.map(({ joined }) => joined))
  return waves
    .flatMap(({ scopes }) => scopes)
    .filter((scope) => !known.has(scope))
    .map((scope, i) => ({ kind: 'join', wave: rest, scope, joined: last + i + 1 }))
}

/** Opens the next wave when the one before is cleared, or ends the rollout after the last. */
function decideNextWave({ rollout, runs, waves }: RolloutView): readonly Transition[] {
  const next = rollout.wave + 1
  const isCleared = runs.every((run) => isClosed(run))
  const hasCleared = runs.some(({ state }) => isGood(state))
  if (!isCleared) return []
  const wave = waves[next]
  if (wave !== undefined) {
    // Without a user on the new path, it has not been tried.
    if (!hasCleared) return [endOf(runs)]
    if (wave.isEmpty) return [{ kind: 'pause', reason: emptyWave(rollout, next) }]
    const known = new Set(runs.map(({ scope }) => scope))
    return [{ kind: 'wave', wave: next, scopes: wave.scopes.filter((one) => !known.has(one)) }]
  }
  return runs.some(({ state }) => state === 'holdback') ? [] : [endOf(runs)]
}

function endOf(runs: readonly RolloutRun[]): Transition {
  const done = runs.filter(({ state }) => isGood(state)).length
  if (done === 0) return { kind: 'end', status: 'rolled-back' }
  return { kind: 'end', status: done === runs.length ? 'completed' : 'completed-with-exceptions' }
}

function emptyWave({ plan }: RolloutView['rollout'], wave: number): Reason {
  const text = `Wave "${plan.waves[wave]?.name}" selects no instance. Tag the instances, then use "resume".`
  return { code: 'empty-wave', text }
}

/** Checks that nothing more happens to a run before the next wave. */
export function isClosed({ state }: Pick<RolloutRun, 'state'>): boolean {
  return isGood(state) || state === 'quarantined' || state === 'skipped'
}

function isGood(state: RolloutRun['state']): boolean {
  return state === 'done' || state === 'holdback'
}

const ALREADY: Reason = { code: 'already', text: 'The new variant was served here before.' }
const UNTRIED: Reason = {
  code: 'no-instance-done',
  text: 'No instance has finished, so the environment keeps the old variant.',
}
const UNUSED: Reason = {
  code: 'unused',
  text: 'All SDKs evaluate in the instances, which are done. Later instances get the new variant.',
}
const FOREIGN_ROLLOUT: Reason = {
  code: 'changed-by-hand',
  text: 'The layer has a rollout of a person. Use "adopt" to take it over.',
}
