import { isSampled } from '@flaghoist/core/internal'
import { type Allocation, type ReportedConfiguration, ruleOfPlace } from '@flaghoist/core/model'
import type { AttemptKey, BatchExposure, BatchOutcome } from '../stores/event-store.ts'
import {
  createLocator,
  eventsIn,
  eventsOf,
  type Located,
  type LocateOptions,
} from './locate-items.ts'
import type { ReportedBatch, ReportedExposure, ReportedOutcome } from './schemas.ts'
import type { UnitSample } from './unit-samples.ts'
import { unitsOfArm } from './units-of-arm.ts'

/** The facts that decide which events count. */
export interface SelectOptions extends LocateOptions {
  /** Returns the allocation of a reported revision, which may be older than the ruleset. */
  readonly allocationOf: (reported: ReportedConfiguration) => Allocation | undefined
  /** Returns the part of the units of an attempt that counts. */
  readonly sampleOf: (attempt: Omit<AttemptKey, 'project'>) => UnitSample
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
  const locate = createLocator(options)
  const exposures: BatchExposure[] = []
  const outcomes: BatchOutcome[] = []
  let accepted = 0
  for (const item of batch.exposures) {
    const located = locate(item)
    const selected = located && selectExposure(item, located, options)
    if (selected === undefined) continue
    exposures.push(selected.event)
    accepted += selected.accepted
  }
  for (const item of batch.outcomes) {
    const located = isWhole(item) && options.hasUnits ? locate(item) : undefined
    for (const selected of located ? selectOutcomes(item, located, options) : []) {
      outcomes.push(selected.event)
      accepted += selected.accepted
    }
  }
  return { exposures, outcomes, accepted, dropped: eventsIn(batch) - accepted }
}

/** An event that counts, and the number of exposures or outcomes in it. */
interface Selected<E> {
  readonly event: E
  readonly accepted: number
}

function selectExposure(
  item: ReportedExposure,
  located: Located,
  options: SelectOptions,
): Selected<BatchExposure> | undefined {
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
function selectOutcomes(
  item: ReportedOutcome,
  located: Located,
  options: SelectOptions,
): Selected<BatchOutcome>[] {
  const { metric, arm, units: reported, buckets: measured } = item
  const allocation = options.allocationOf(located)
  if (allocation === undefined) return []
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
