import type { Audience } from '@flaghoist/core/model'
import type { Config } from '../config.ts'
import { getOrSet } from '../get-or-set.ts'
import { type AttemptKey, MATURITY_MS } from '../stores/event-store.ts'
import { type ShareOf, WHOLE } from '../stores/server-share.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'

const HOUR_MS = 60 * MINUTE_MS

/** The units of an attempt that are counted: one in `oneIn`, a power of two. */
export interface UnitSample {
  readonly oneIn: number
  /**
   * The widest sample of the last minutes. The outcomes of its units still arrive, so they count
   * where the exposure was counted.
   */
  readonly lately: number
}

/**
 * The samples of attempts. A sample halves when a minute brings too many new units, and doubles
 * after an hour of few. Neither looks at arms and outcomes, so that verdicts stay exact.
 *
 * Each of several servers on the same stores samples the units that it stores itself, so that all
 * of them together keep within the limit. A restart samples anew. Arms stay alike, because each
 * report is sampled whole.
 */
export interface UnitSamples {
  of(attempt: AttemptKey): UnitSample
  /** Records units of an attempt that were stored for the first time. */
  record(attempt: AttemptKey, units: number, audience: Audience): void
  /** Lists the attempts of a project of which not all units are counted. */
  partial(project: string): readonly AttemptKey[]
}

export interface UnitSamplesOptions {
  /** New units per hour and attempt that are counted without a sample, by audience. */
  readonly unitsPerHour: Readonly<Record<Audience, number>>
  /** Returns the part of a limit that this server may use. @default all of it */
  readonly shareOf?: ShareOf | undefined
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}

/** Narrowest sample: enough for a thousand million users an hour. */
const MAX_ONE_IN = 1_024
/** Time with few units after which a sample doubles, or an attempt is forgotten. */
const CALM_MS = HOUR_MS
/** Part of the limit that a minute with few units stays below: twice as many still fit. */
const CALM_PART = 0.25

interface SampledAttempt {
  readonly key: AttemptKey
  oneIn: number
  lately: number
  latelyUntil: number
  /** Units of the minute that ends at `minuteEnd`. */
  units: number
  minuteEnd: number
  /** End of the latest minute that was not calm. */
  busyAt: number
  usedAt: number
}

/** The limits that the settings of a server ask for. Client keys must not use up their budget. */
export function sampleLimits({
  sampleUnits,
  clientUnits,
}: Pick<Config, 'sampleUnits' | 'clientUnits'>): UnitSamplesOptions['unitsPerHour'] {
  const server = sampleUnits === 0 ? Number.POSITIVE_INFINITY : sampleUnits
  return { server, client: Math.min(server, (clientUnits * HOUR_MS) / DAY_MS) }
}

export function createUnitSamples({
  unitsPerHour,
  shareOf = WHOLE,
  elapsed,
}: UnitSamplesOptions): UnitSamples {
  const attempts = new Map<string, SampledAttempt>()
  let tidiedAt = elapsed()
  const tidy = (at: number) => {
    if (at - tidiedAt < MINUTE_MS) return
    tidiedAt = at
    for (const [name, { usedAt }] of attempts) if (at - usedAt > CALM_MS) attempts.delete(name)
  }

  return {
    of(key) {
      const known = attempts.get(nameOf(key))
      if (known === undefined) return ALL
      const { oneIn, lately, latelyUntil } = known
      return { oneIn, lately: elapsed() < latelyUntil ? lately : oneIn }
    },
    record(key, units, audience) {
      const at = elapsed()
      tidy(at)
      const attempt = getOrSet(attempts, nameOf(key), () => newAttempt(key, at))
      const limit = (shareOf(unitsPerHour[audience]) * MINUTE_MS) / HOUR_MS
      if (at >= attempt.minuteEnd) endMinute(attempt, at, limit)
      attempt.usedAt = at
      attempt.units += units
      if (attempt.units > limit && attempt.oneIn < MAX_ONE_IN) narrow(attempt, at)
    },
    partial: (project) =>
      [...attempts.values()]
        .filter(({ key, oneIn }) => key.project === project && oneIn > 1)
        .map(({ key }) => key),
  }
}

const ALL: UnitSample = { oneIn: 1, lately: 1 }

function newAttempt(key: AttemptKey, at: number): SampledAttempt {
  const sample = { oneIn: 1, lately: 1, latelyUntil: at }
  return { key, ...sample, units: 0, minuteEnd: at + MINUTE_MS, busyAt: at, usedAt: at }
}

function endMinute(attempt: SampledAttempt, at: number, limit: number): void {
  if (attempt.units > limit * CALM_PART) attempt.busyAt = at
  attempt.units = 0
  attempt.minuteEnd = at + MINUTE_MS
  if (attempt.oneIn === 1 || at - attempt.busyAt < CALM_MS) return
  attempt.oneIn /= 2
  attempt.busyAt = at
}

function narrow(attempt: SampledAttempt, at: number): void {
  if (at >= attempt.latelyUntil) attempt.lately = attempt.oneIn
  attempt.latelyUntil = at + MATURITY_MS
  attempt.oneIn *= 2
  attempt.units = 0
  attempt.minuteEnd = at + MINUTE_MS
  attempt.busyAt = at
}

function nameOf({ project, flag, scope, attempt }: AttemptKey): string {
  return `${project} ${flag} ${scope} ${attempt}`
}
