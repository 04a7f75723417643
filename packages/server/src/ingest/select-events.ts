import type { Ruleset } from '@flaghoist/core'
import type { BatchExposure, BatchOutcome } from '../stores/event-store.ts'
import type { Allowance } from './report-quota.ts'
import type { ReportedBatch, ReportedExposure, ReportedOutcome } from './schemas.ts'

const MINUTE_MS = 60_000
/** A clock that is off by more than this is put right. */
const CLOCK_SKEW_MS = 10 * MINUTE_MS
const TOO_OLD_MS = 24 * 60 * MINUTE_MS

export interface TallyOptions {
  /** Of the reporter. */
  readonly ruleset: Ruleset
  /** Instances that there are: a reporter of a whole environment says which one it was. */
  readonly instances: { has(key: string): boolean }
  /** Epoch ms. */
  readonly now: number
  /** By the reporter's clock, epoch ms; undefined where it did not say. */
  readonly sentAt: number | undefined
  readonly admits: Allowance['admits']
}

export interface Tally {
  readonly exposures: readonly BatchExposure[]
  readonly outcomes: readonly BatchOutcome[]
  /** Exposures and outcomes that count … */
  readonly accepted: number
  /** … and those that do not. */
  readonly dropped: number
}

/**
 * What of a report can be counted: flags and variants that the reporter's ruleset has, in minutes
 * that can be, as long as its key may. One bad item never loses the others.
 */
export function tally({ exposures, outcomes }: ReportedBatch, options: TallyOptions): Tally {
  const tallied = { exposures: [] as BatchExposure[], outcomes: [] as BatchOutcome[] }
  let accepted = 0
  let dropped = 0
  const count = (item: ReportedExposure | ReportedOutcome, isTaken: boolean) => {
    if (isTaken) accepted += eventsOf(item)
    else dropped += eventsOf(item)
  }

  for (const item of exposures) {
    const known = locate(item, options)
    const { arm, count: times, reason, units } = item
    count(item, known !== undefined)
    // Units say who was compared; where nobody was, they have nothing to say.
    if (known !== undefined)
      tallied.exposures.push({ ...known, reason, count: times, units: (arm && units) ?? [] })
  }
  for (const item of outcomes) {
    const { arm, metric, units, buckets } = item
    const isWhole = buckets === undefined || buckets.length === units.length
    const known = isWhole ? locate(item, options) : undefined
    count(item, known !== undefined)
    if (known !== undefined) tallied.outcomes.push({ ...known, arm, metric, units, buckets })
  }
  return { ...tallied, accepted, dropped }
}

/** The cell and the minute that an item belongs to; undefined where it cannot be. */
function locate(
  item: ReportedExposure | ReportedOutcome,
  { ruleset, instances, now, sentAt = now, admits }: TallyOptions,
) {
  const { flag, variant, revision, instance, arm = '' as const } = item
  const known = Object.hasOwn(ruleset.flags, flag) ? ruleset.flags[flag] : undefined
  if (known === undefined || !Object.hasOwn(known.variants, variant)) return undefined
  const time = item.minute + (Math.abs(now - sentAt) > CLOCK_SKEW_MS ? now - sentAt : 0)
  // A revision that this log does not have yet is of another log, or made up.
  if (time <= now - TOO_OLD_MS || revision > ruleset.version) return undefined

  const isWide = !ruleset.scope.includes('/')
  const scope =
    isWide && instance !== undefined && instances.has(instance)
      ? `${ruleset.scope}/${instance}`
      : ruleset.scope
  const cell = () => [revision, variant, arm, 'metric' in item ? item.metric : ''].join(' ')
  if (!admits({ flag, scope, cell, events: eventsOf(item) })) return undefined
  const latest = Math.min(time, now + CLOCK_SKEW_MS)
  return { flag, variant, revision, arm, scope, minute: latest - (latest % MINUTE_MS) }
}

/** How much an item says: an exposure for each that it counts, an outcome for each unit. */
function eventsOf(item: ReportedExposure | ReportedOutcome): number {
  return 'count' in item ? Math.max(item.count, item.units?.length ?? 0) : item.units.length
}
