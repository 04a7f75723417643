import type { Ruleset } from '@flaghoist/core'
import { buildScope, instanceOf } from '@flaghoist/core/model'
import type { BatchExposure, BatchOutcome } from '../stores/event-store.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import { isRandomised } from './randomised.ts'
import type { QuotaReservation } from './report-quota.ts'
import type { ReportedBatch, ReportedExposure, ReportedOutcome } from './schemas.ts'

/** A client clock that deviates by more than this is corrected. */
const MAX_CLOCK_SKEW_MS = 10 * MINUTE_MS
const MAX_AGE_MS = DAY_MS

/** The facts that decide which events count. */
export interface SelectOptions {
  /** The SDK's ruleset. */
  readonly ruleset: Ruleset
  /** Instances of the project: an SDK of a whole environment names the one of each event. */
  readonly instances: { has(key: string): boolean }
  /** Epoch ms. */
  readonly now: number
  /** Time of the report by the SDK's clock, epoch ms; undefined without a clock. */
  readonly sentAt: number | undefined
  readonly reserve: QuotaReservation['reserve']
  /** False if the key has used up its budget of units. */
  readonly hasUnits: boolean
}

/** The events of a batch that count. */
export interface SelectedEvents {
  readonly exposures: readonly BatchExposure[]
  readonly outcomes: readonly BatchOutcome[]
  /** Number of exposures and outcomes that count. */
  readonly accepted: number
  /** Number of exposures and outcomes that do not. */
  readonly dropped: number
}

/**
 * Selects the events of a batch that can be counted: of flags and variants in the SDK's ruleset, in
 * plausible minutes, within the key's quota. A bad item never costs the others.
 */
export function selectEvents(batch: ReportedBatch, options: SelectOptions): SelectedEvents {
  const exposures: BatchExposure[] = []
  const outcomes: BatchOutcome[] = []
  let accepted = 0
  let dropped = 0
  const count = (item: ReportedExposure | ReportedOutcome, counts: boolean) => {
    if (counts) accepted += eventsOf(item)
    else dropped += eventsOf(item)
  }

  for (const item of batch.exposures) {
    const located = locate(item, options)
    const { arm, count: times, reason, units } = item
    count(item, located !== undefined)
    // Units are for comparing what chance decided; without an arm or a split they mean nothing.
    const isCompared = (arm !== undefined || reason === 'SPLIT') && keepsUnits(item, options)
    if (located !== undefined)
      exposures.push({ ...located, reason, count: times, units: (isCompared && units) || [] })
  }
  for (const item of batch.outcomes) {
    const { metric, units, buckets } = item
    const isWhole = buckets === undefined || buckets.length === units.length
    const isKept = isWhole && keepsUnits(item, options)
    const located = isKept ? locate(item, options) : undefined
    count(item, located !== undefined)
    if (located !== undefined) outcomes.push({ ...located, metric, units, buckets })
  }
  return { exposures, outcomes, accepted, dropped }
}

/** Returns true if units of an item are stored: those that chance decided, within the budget. */
function keepsUnits(item: ReportedExposure | ReportedOutcome, options: SelectOptions): boolean {
  const known = flagOf(item, options)
  return options.hasUnits && known !== undefined && isRandomised(known)
}

function flagOf({ flag }: ReportedExposure | ReportedOutcome, { ruleset }: SelectOptions) {
  return Object.hasOwn(ruleset.flags, flag) ? ruleset.flags[flag] : undefined
}

/** Returns the cell and the minute of an item; undefined for an item that cannot be counted. */
function locate(item: ReportedExposure | ReportedOutcome, options: SelectOptions) {
  const { flag, variant = '', revision, arm = '' as const } = item
  const { ruleset, reserve } = options
  const known = flagOf(item, options)
  if (known === undefined) return undefined
  if (variant !== '' && !Object.hasOwn(known.variants, variant)) return undefined
  // A revision ahead of this log belongs to another log, or is made up.
  if (revision > ruleset.version) return undefined
  const minute = minuteOf(item, options)
  if (minute === undefined) return undefined

  const scope = scopeOf(item, options)
  const cell = () => [revision, variant, arm, 'metric' in item ? item.metric : ''].join(' ')
  if (!reserve({ flag, scope, cell, events: quotaOf(item) })) return undefined
  return { flag, variant, revision, arm, scope, minute }
}

/** Returns the start of an item's minute by the server's clock; undefined for an old item. */
function minuteOf(
  item: ReportedExposure | ReportedOutcome,
  { now, sentAt = now }: SelectOptions,
): number | undefined {
  const skew = now - sentAt
  const time = item.minute + (Math.abs(skew) > MAX_CLOCK_SKEW_MS ? skew : 0)
  if (time <= now - MAX_AGE_MS) return undefined
  const latest = Math.min(time, now + MAX_CLOCK_SKEW_MS)
  return latest - (latest % MINUTE_MS)
}

/** The scope of the ruleset, or the instance that the item names within an environment. */
function scopeOf(
  { instance }: ReportedExposure | ReportedOutcome,
  { ruleset: { scope }, instances }: SelectOptions,
): string {
  const isEnvironment = instanceOf(scope) === undefined
  return isEnvironment && instance !== undefined && instances.has(instance)
    ? buildScope(scope, instance)
    : scope
}

/** Calls that one event of the quota stands for: they are added to one row. */
const CALLS_PER_EVENT = 1_000

/** Number of events that an item uses of its quota: each unit, or else some calls. */
function quotaOf(item: ReportedExposure | ReportedOutcome): number {
  if (!('count' in item) || item.units !== undefined) return eventsOf(item)
  return Math.ceil(item.count / CALLS_PER_EVENT)
}

/** Number of events in an item: an exposure for each that it counts, an outcome for each unit. */
function eventsOf(item: ReportedExposure | ReportedOutcome): number {
  return 'count' in item ? Math.max(item.count, item.units?.length ?? 0) : item.units.length
}
