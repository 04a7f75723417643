import type { Ruleset } from '@flaghoist/core'
import { isSampled } from '@flaghoist/core/internal'
import {
  type Allocation,
  buildScope,
  instanceOf,
  type ReportedConfiguration,
  ruleOfPlace,
} from '@flaghoist/core/model'
import type { AttemptKey, BatchExposure, BatchOutcome, Cell } from '../stores/event-store.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import type { QuotaReservation } from './report-quota.ts'
import type { ReportedBatch, ReportedExposure, ReportedOutcome } from './schemas.ts'
import type { UnitSample } from './unit-samples.ts'
import { unitsOfArm } from './units-of-arm.ts'

/** A client clock that deviates by more than this is corrected. */
export const MAX_CLOCK_SKEW_MS = 10 * MINUTE_MS
const MAX_AGE_MS = DAY_MS
/**
 * Retention of the ids of batches: a batch that is sent again later has no item that counts. The
 * minute of an item may lie ahead of its first report by the skew, and both times are rounded.
 */
export const BATCH_IDS_KEPT_MS = MAX_AGE_MS + 2 * MAX_CLOCK_SKEW_MS

/** The facts that decide which events count. */
export interface SelectOptions {
  /** The SDK's ruleset. */
  readonly ruleset: Ruleset
  /** Instances of the project: an SDK of a whole environment names the one of each event. */
  readonly instances: { has(key: string): boolean }
  /** Returns the allocation of a reported revision, which may be older than the ruleset. */
  readonly allocationOf: (reported: ReportedConfiguration) => Allocation | undefined
  /** Returns the part of the units of an attempt that counts. */
  readonly sampleOf: (attempt: Omit<AttemptKey, 'project'>) => UnitSample
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
  const exposures = batch.exposures.map((item) => selectExposure(item, options))
  const outcomes = batch.outcomes.flatMap((item) => selectOutcomes(item, options))
  const selected = [...exposures, ...outcomes]
  const accepted = selected.reduce((sum, one) => sum + (one?.accepted ?? 0), 0)
  const reported = [...batch.exposures, ...batch.outcomes].reduce(
    (n, item) => n + eventsOf(item),
    0,
  )
  return {
    exposures: exposures.flatMap((one) => one?.event ?? []),
    outcomes: outcomes.map(({ event }) => event),
    accepted,
    dropped: reported - accepted,
  }
}

/** An event that counts, and the number of exposures or outcomes in it. */
interface Selected<E> {
  readonly event: E
  readonly accepted: number
}

function selectExposure(
  item: ReportedExposure,
  options: SelectOptions,
): Selected<BatchExposure> | undefined {
  const located = locate(item, options)
  if (located === undefined) return undefined
  const { arm, count, reason, units: reported = [] } = item
  // Units are for comparing what chance decided; without an arm or a split they mean nothing.
  const isDrawn = arm !== undefined || reason === 'SPLIT'
  const allocation = isDrawn ? options.allocationOf(located) : undefined
  const cell = allocated(located, item, allocation)
  const own =
    allocation &&
    unitsOfArm(reported, arm, allocation).filter(sampledIn(options.sampleOf(cell).oneIn))
  // Units of the other arm or outside the sample.
  const strays = own ? reported.length - own.length : 0
  const times = Math.max(count - strays, own?.length ?? 0)
  if (times === 0) return undefined
  const units = (options.hasUnits && own) || []
  const event = { ...cell, reason, count: times, units }
  return { event, accepted: eventsOf(item) - strays }
}

/**
 * Selects the units of an outcome that count. A unit that has left the sample since its exposure
 * counts on where the store knows it, so that no exposure loses its outcomes.
 */
function selectOutcomes(item: ReportedOutcome, options: SelectOptions): Selected<BatchOutcome>[] {
  const { metric, arm, units: reported, buckets: measured } = item
  const located = isWhole(item) && options.hasUnits ? locate(item, options) : undefined
  const allocation = located && options.allocationOf(located)
  if (located === undefined || allocation === undefined) return []
  const cell = allocated(located, item, allocation)
  const { oneIn, lately } = options.sampleOf(cell)
  const ofArm = unitsOfArm(reported, arm, allocation)
  const isCounted = sampledIn(oneIn)
  const select = (own: ReadonlySet<string>, ofKnown?: true): Selected<BatchOutcome>[] => {
    const ofOwn = <V>(values: readonly V[]) => values.filter((_, i) => own.has(reported[i]!))
    const units = ofOwn(reported)
    if (units.length === 0) return []
    const event = { ...cell, metric, units, buckets: measured && ofOwn(measured) }
    return [{ event: { ...event, ...(ofKnown && { ofKnown }) }, accepted: units.length }]
  }
  const counted = select(new Set(ofArm.filter(isCounted)))
  if (lately === oneIn) return counted
  const left = ofArm.filter((unit) => !isCounted(unit)).filter(sampledIn(lately))
  return [...counted, ...select(new Set(left), true)]
}

/** Returns whether an outcome has as many measurements as units, or none. */
export function isWhole({ units, buckets }: ReportedOutcome): boolean {
  return buckets === undefined || buckets.length === units.length
}

/** Returns a test of units: whether one in so many contains them. */
function sampledIn(oneIn: number): (unit: string) => boolean {
  return oneIn === 1 ? () => true : (unit) => isSampled(unit, oneIn)
}

/** The flag, scope and minute of an item, with the revision that it names. */
type Located = Omit<Cell, 'attempt' | 'split'> & { readonly minute: number }

/** Replaces the reported revision by the first one of its allocation; adds attempt and split. */
function allocated(
  located: Located,
  { rule }: ReportedExposure | ReportedOutcome,
  allocation: Allocation | undefined,
) {
  const { start = located.revision, attempt = located.revision, draws } = allocation ?? {}
  return { ...located, revision: start, attempt, split: splitOfRule(draws?.splits, rule) }
}

/**
 * Returns the place of the split that an item names by its rule. An older SDK names none, and means
 * the only split there is. Returns an empty text where several splits are possible, or none.
 */
function splitOfRule(splits: Allocation['draws']['splits'] = [], rule: string | undefined): string {
  const possible = splits.filter(
    ([place]) => rule === undefined || (ruleOfPlace(place) ?? '') === rule,
  )
  return possible.length === 1 ? possible[0]![0] : ''
}

/** The facts that decide which items can be counted at all. */
export type LocateOptions = Pick<
  SelectOptions,
  'ruleset' | 'instances' | 'now' | 'sentAt' | 'reserve'
>

/** Returns the cell and the minute of an item; undefined for an item that cannot be counted. */
export function locate(
  item: ReportedExposure | ReportedOutcome,
  options: LocateOptions,
): Located | undefined {
  const { flag, variant = '', revision, arm = '' as const } = item
  const { ruleset, reserve } = options
  const known = Object.hasOwn(ruleset.flags, flag) ? ruleset.flags[flag] : undefined
  if (known === undefined) return undefined
  if (variant !== '' && !Object.hasOwn(known.variants, variant)) return undefined
  // A revision ahead of this log belongs to another log, or is made up.
  if (revision > ruleset.version) return undefined
  const minute = minuteOf(item, options)
  if (minute === undefined) return undefined

  const scope = scopeOf(item, options)
  const cell = () =>
    [revision, variant, arm, item.rule, 'metric' in item ? item.metric : ''].join(' ')
  if (!reserve({ flag, scope, cell, events: quotaOf(item) })) return undefined
  return { flag, variant, revision, arm, scope, minute }
}

/** Returns the start of an item's minute by the server's clock; undefined for an old item. */
function minuteOf(
  item: ReportedExposure | ReportedOutcome,
  { now, sentAt = now }: LocateOptions,
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
  { ruleset: { scope }, instances }: LocateOptions,
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
export function eventsOf(item: ReportedExposure | ReportedOutcome): number {
  return 'count' in item ? Math.max(item.count, item.units?.length ?? 0) : item.units.length
}
