import { isRestored, type ProjectState } from '@flaghoist/core/model'
import type { ProgressiveRollout, RolloutRun, Step } from '@flaghoist/core/schema'
import { instantText } from '../../calendar/instant-text.ts'
import { workAllowedAt } from '../../calendar/work-time.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import type { RolloutView } from '../decide.ts'
import { NO_HEALTH, type RunHealth } from '../observe.ts'
import { stepsOf } from '../step-members.ts'
import type { Forecast, ForecastStep, ScopeForecast } from './schemas.ts'

const HOUR_MS = 60 * MINUTE_MS

/** A rollout, and the facts that its times depend on. */
export interface ForecastInput
  extends Pick<RolloutView, 'rollout' | 'runs' | 'waves' | 'observe' | 'now'> {
  readonly state: ProjectState
  /** Users of a day, by scope. */
  readonly users: ReadonlyMap<string, number>
}

/** A run, or a scope whose wave is not open. */
type Begun = Pick<RolloutRun, 'scope' | 'wave'> & Partial<RolloutRun>

/** The times of one scope, in epoch ms: infinite if a person must act first. */
interface Times {
  readonly shown: ScopeForecast
  /** Time from which the next wave need not wait for the scope. */
  readonly cleared: number
  /** Time from which all users have the new variant. */
  readonly end: number
}

/**
 * Returns the earliest times of a rollout: minimum times, the users of each step at the usual rate,
 * freezes, business hours, and the instances that may be in progress at once. A verdict may take
 * longer.
 */
export function forecastOf(input: ForecastInput): Forecast {
  const { rollout, waves, now } = input
  const all: Times[] = []
  for (const wave of waves.keys()) {
    const begun = scopesOf(input, wave)
    const opens = wave <= rollout.wave ? now : lastOf(all, now)
    const places = begun.map(() => opens).slice(0, rollout.plan.waves[wave]?.atOnce ?? begun.length)
    for (const run of begun) {
      const place = places.indexOf(Math.min(...places))
      // The environment comes last, whatever may be in progress at once.
      const begin = run.scope === rollout.environment ? lastOf(all, opens) : places[place]!
      const times = timesOf(input, run, begin)
      places[place] = times.cleared
      all.push(times)
    }
  }
  return summaryOf(input, all)
}

/** The runs and the pending scopes of a wave: first those that have begun, last the environment. */
function scopesOf({ rollout, runs, waves }: ForecastInput, wave: number): readonly Begun[] {
  const known = new Set(runs.map(({ scope }) => scope))
  const pending = waves[wave]!.scopes.filter((scope) => !known.has(scope))
  const found: Begun[] = [
    ...runs.filter((run) => run.wave === wave && run.state !== 'waiting'),
    ...runs.filter((run) => run.wave === wave && run.state === 'waiting'),
    ...pending.map((scope) => ({ scope, wave })),
  ]
  const isLast = ({ scope }: Begun) => Number(scope === rollout.environment)
  return found.sort((one, other) => isLast(one) - isLast(other))
}

function timesOf(input: ForecastInput, run: Begun, begin: number): Times {
  const { rollout, users, now } = input
  const { scope, wave, state, since = '' } = run
  const usersOfADay = users.get(scope)
  const shown = { scope, wave, ...(usersOfADay !== undefined && { users: usersOfADay }) }
  const settled = (cleared: number, end: number): Times => ({
    shown: { ...shown, steps: [], ...endText(end) },
    cleared,
    end,
  })
  if (state === 'done') return settled(now, Date.parse(since))
  if (state === 'held') return settled(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  if (state !== undefined && isRestored({ state })) return settled(now, now)
  const holdMs = (rollout.plan.holdback?.hours ?? 0) * HOUR_MS
  if (state === 'holdback') return settled(now, Math.max(now, Date.parse(since) + holdMs))
  const { steps, last } = walk(input, run, begin)
  const end = last + holdMs
  return { shown: { ...shown, steps, ...endText(end) }, cleared: last, end }
}

/** Walks the steps that a scope has not begun. Returns them, and the earliest end of the last. */
function walk(
  { state, rollout, users, observe, now }: ForecastInput,
  run: Begun,
  begin: number,
): { readonly steps: ForecastStep[]; readonly last: number } {
  const { scope } = run
  const plan = stepsOf(rollout, run)
  const usersOfADay = users.get(scope)
  const open = (at: number) => openingAt(state, scope, at)
  const isExposing = run.state === 'exposing'
  const first = isExposing ? (run.step ?? 0) + 1 : 0
  // Counts of an earlier step say nothing about one that begins now.
  const seen = Date.parse(run.since ?? '') < now ? observe(scope) : NO_HEALTH
  const missing = missingMs(plan[first - 1], seen, usersOfADay)
  let at = open(isExposing ? now + missing : begin)
  const steps = plan.slice(first).map((step): ForecastStep => {
    const shown = stepOf(step, at, usersOfADay)
    at = open(at + durationMs(step, usersOfADay))
    return shown
  })
  return { steps, last: at }
}

function stepOf(
  { audience, gate }: Step,
  at: number,
  usersOfADay: number | undefined,
): ForecastStep {
  const share = 'share' in audience ? audience.share : undefined
  return {
    audience,
    ...(Number.isFinite(at) && { at: timeText(at) }),
    ...(share !== undefined &&
      usersOfADay !== undefined && { users: Math.round((usersOfADay * share) / 100) }),
    ...(gate === 'manual' && { needsPerson: true as const }),
  }
}

/** The shortest time of a step, ms. */
function durationMs({ minMinutes, minUnits }: Step, usersOfADay: number | undefined): number {
  return Math.max(minMinutes * MINUTE_MS, unitsMs(minUnits, usersOfADay))
}

/** The shortest time until the present step ends, ms. */
function missingMs(
  step: Step | undefined,
  { minutes, units, missing }: RunHealth,
  usersOfADay: number | undefined,
): number {
  if (step === undefined) return 0
  const left = { minMinutes: step.minMinutes - minutes, minUnits: step.minUnits - units }
  const verdictMs = step.gate === 'healthy' ? (missing?.days ?? 0) * DAY_MS : 0
  return Math.max(0, durationMs({ ...step, ...left }, usersOfADay), verdictMs)
}

/** The time in which so many users come, ms; 0 if their rate is unknown. */
function unitsMs(units: number, usersOfADay: number | undefined): number {
  return usersOfADay === undefined ? 0 : (Math.max(0, units) / usersOfADay) * DAY_MS
}

function openingAt(state: ProjectState, scope: string, at: number): number {
  if (!Number.isFinite(at)) return at
  const work = workAllowedAt(state, scope, at)
  return work.isOpen ? at : work.until
}

function lastOf(times: readonly Times[], at: number): number {
  return Math.max(at, ...times.map(({ cleared }) => cleared))
}

/** Returns an estimated time, in whole minutes. */
function timeText(at: number): string {
  return instantText(Math.ceil(at / MINUTE_MS) * MINUTE_MS)
}

function endText(end: number): Pick<ScopeForecast, 'endsAt'> {
  return Number.isFinite(end) ? { endsAt: timeText(end) } : {}
}

function summaryOf({ rollout, users, now }: ForecastInput, times: readonly Times[]): Forecast {
  const end = Math.max(now, ...times.map((one) => one.end))
  const scopes = times.map(({ shown }) => shown)
  const known = scopes.filter(({ scope }) => users.has(scope))
  const sum = known.reduce((total, one) => total + (one.users ?? 0), 0)
  const minutes = Math.ceil((end - now) / MINUTE_MS)
  return {
    scopes,
    text: `${endSentence(rollout, end, minutes)} ${usersSentence(scopes.length - known.length, sum)}`,
    ...(Number.isFinite(end) && { endsAt: timeText(end), minutes }),
    ...(known.length > 0 && { users: sum }),
  }
}

function endSentence({ to }: ProgressiveRollout, end: number, minutes: number): string {
  if (!Number.isFinite(end))
    return `All users get "${to}" after a person or a calendar lets it continue.`
  return `All users get "${to}" in ${spanText(minutes)} at the earliest, at ${timeText(end)}.`
}

function usersSentence(unknown: number, users: number): string {
  const rest =
    unknown === 0
      ? ''
      : ` The users of ${unknown} ${unknown === 1 ? 'scope' : 'scopes'} are unknown.`
  return users === 0
    ? 'No users were counted within 7 days.'
    : `About ${users} users a day are concerned.${rest}`
}

function spanText(minutes: number): string {
  const [value, noun] =
    minutes < 120
      ? [minutes, 'minute']
      : minutes < 2_880
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1_440), 'day']
  return `${value} ${noun}${value === 1 ? '' : 's'}`
}
