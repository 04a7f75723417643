import type { Ruleset } from '@flaghoist/core'
import { buildScope, instanceOf } from '@flaghoist/core/model'
import type { Cell } from '../stores/event-store.ts'
import { DAY_MS, MINUTE_MS, startOfMinute } from '../time.ts'
import type { QuotaReservation } from './report-quota.ts'
import type { ReportedBatch, ReportedExposure, ReportedOutcome } from './schemas.ts'

/** A client clock that deviates by more than this is corrected. */
export const MAX_CLOCK_SKEW_MS = 10 * MINUTE_MS
const MAX_AGE_MS = DAY_MS
/**
 * Retention of the ids of batches: a batch that is sent again later has no item that counts. The
 * minute of an item may lie ahead of its first report by the skew, and both times are rounded.
 */
export const BATCH_IDS_KEPT_MS = MAX_AGE_MS + 2 * MAX_CLOCK_SKEW_MS

/** The facts that decide which items can be counted at all. */
export interface LocateOptions {
  /** The SDK's ruleset. */
  readonly ruleset: Ruleset
  /** Instances of the project: an SDK of a whole environment names the one of each event. */
  readonly instances: { has(key: string): boolean }
  /** Epoch ms. */
  readonly now: number
  /** Time of the report by the SDK's clock, epoch ms; undefined without a clock. */
  readonly sentAt: number | undefined
  readonly reserve: QuotaReservation['reserve']
}

type Item = ReportedExposure | ReportedOutcome

/** The flag, scope and minute of an item, with the revision that it names. */
export type Located = Omit<Cell, 'attempt' | 'split'> & { readonly minute: number }

/**
 * Returns a function for the items of one batch. It returns the cell and the minute of an item;
 * undefined for an item that cannot be counted.
 */
export function createLocator(options: LocateOptions): (item: Item) => Located | undefined {
  const { ruleset, reserve } = options
  const minuteOf = createMinuteOf(options)
  const scopeOf = createScopeOf(options)
  return (item) => {
    const { flag, variant = '', revision, arm = '' as const } = item
    const known = Object.hasOwn(ruleset.flags, flag) ? ruleset.flags[flag] : undefined
    if (known === undefined) return undefined
    if (variant !== '' && !Object.hasOwn(known.variants, variant)) return undefined
    // A revision ahead of this log belongs to another log, or is made up.
    if (revision > ruleset.version) return undefined
    const minute = minuteOf(item)
    if (minute === undefined) return undefined
    const scope = scopeOf(item)
    if (!reserve({ flag, scope, cell: item, events: quotaOf(item) })) return undefined
    return { flag, variant, revision, arm, scope, minute }
  }
}

/**
 * Returns a function that returns the start of an item's minute by the server's clock; undefined
 * for an old item.
 */
function createMinuteOf({ now, sentAt = now }: LocateOptions) {
  const skew = now - sentAt
  const correction = Math.abs(skew) > MAX_CLOCK_SKEW_MS ? skew : 0
  return ({ minute }: Item): number | undefined => {
    const time = minute + correction
    if (time <= now - MAX_AGE_MS) return undefined
    return startOfMinute(Math.min(time, now + MAX_CLOCK_SKEW_MS))
  }
}

/** Returns the scope of the ruleset, or the instance that an item names within an environment. */
function createScopeOf({ ruleset: { scope }, instances }: LocateOptions) {
  if (instanceOf(scope) !== undefined) return () => scope
  return ({ instance }: Item): string =>
    instance !== undefined && instances.has(instance) ? buildScope(scope, instance) : scope
}

/** Calls that one event of the quota stands for: they are added to one row. */
const CALLS_PER_EVENT = 1_000

/** Number of events that an item uses of its quota: each unit, or else some calls. */
function quotaOf(item: Item): number {
  if (!('count' in item) || item.units !== undefined) return eventsOf(item)
  return Math.ceil(item.count / CALLS_PER_EVENT)
}

/** Number of events in an item: an exposure for each that it counts, an outcome for each unit. */
export function eventsOf(item: Item): number {
  return 'count' in item ? Math.max(item.count, item.units?.length ?? 0) : item.units.length
}

/** Number of events in the items of a batch. */
export function eventsIn({
  exposures,
  outcomes,
}: Pick<ReportedBatch, 'exposures' | 'outcomes'>): number {
  let events = 0
  for (const item of exposures) events += eventsOf(item)
  for (const item of outcomes) events += eventsOf(item)
  return events
}
