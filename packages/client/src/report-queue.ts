import { hex8 } from '@flaghoist/core/internal'
import type { ExposureItem, OutcomeItem } from './exposure.ts'
import type { Platform } from './platform.ts'

/** Items that are sent, and if need be sent again, under one id. */
export interface Batch {
  readonly id: string
  readonly exposures: ExposureItem[]
  readonly outcomes: OutcomeItem[]
}

/** Numbers of exposures and outcomes. */
export interface EventNumbers {
  readonly exposures: number
  readonly outcomes: number
}

/** Batches in the order of their making, each unsent or in flight. */
export interface ReportQueue {
  /** Returns the numbers of exposures and outcomes that were dropped. */
  dropped(): EventNumbers
  /**
   * Splits items into batches of at most `maxCharacters`. Beyond the bound, it merges counts, and
   * then drops the oldest unsent batches.
   */
  add(items: Items, maxCharacters: number): void
  /** Returns the batches that are not in flight. */
  unsent(): readonly Batch[]
  isInFlight(): boolean
  /** Marks a batch as in flight. */
  take(batch: Batch): void
  /**
   * Ends a flight: removes an accepted batch, drops a rejected one, and keeps a deferred one.
   * Ignores a batch that is not in flight.
   */
  land(batch: Batch, result: 'accepted' | 'rejected' | 'deferred'): void
}

type Items = readonly [exposures: readonly ExposureItem[], outcomes: readonly OutcomeItem[]]

/** Items and units that are kept while the server is away. */
const MAX_KEPT = 200_000
/** Largest count of an item that a server accepts. */
const MAX_COUNT = 1_000_000_000

/** @param onDropped called after exposures or outcomes were dropped */
export function createReportQueue(platform: Platform, onDropped: () => void): ReportQueue {
  const batches: Batch[] = []
  const inFlight = new Set<Batch>()
  /** Batches that the server may have stored: a retry repeats them unchanged. */
  const tried = new WeakSet<Batch>()
  let exposures = 0
  let outcomes = 0

  const unsent = () => batches.filter((batch) => !inFlight.has(batch))
  const pack = (items: Items, maxCharacters: number) =>
    batches.push(...packed(items, maxCharacters, () => randomId(platform)))
  const remove = (batch: Batch) => batches.splice(batches.indexOf(batch), 1)
  const drop = (batch: Batch) => {
    remove(batch)
    for (const { count } of batch.exposures) exposures += count
    for (const { units } of batch.outcomes) outcomes += units.length
    onDropped()
  }
  const mergeCounts = (maxCharacters: number) => {
    const counts = batches.filter((batch) => !tried.has(batch) && !hasUnits(batch))
    counts.forEach(remove)
    pack([withoutMinutes(counts.flatMap((batch) => batch.exposures)), []], maxCharacters)
  }

  return {
    dropped: () => ({ exposures, outcomes }),
    add(items, maxCharacters) {
      pack(items, maxCharacters)
      let surplus = sizeOf(batches) - MAX_KEPT
      if (surplus <= 0) return
      mergeCounts(maxCharacters)
      surplus = sizeOf(batches) - MAX_KEPT
      for (const batch of unsent()) {
        if (surplus <= 0) break
        surplus -= sizeOf([batch])
        drop(batch)
      }
    },
    unsent,
    isInFlight: () => inFlight.size > 0,
    take(batch) {
      inFlight.add(batch)
      tried.add(batch)
    },
    land(batch, result) {
      if (!inFlight.delete(batch)) return
      if (result === 'accepted') remove(batch)
      if (result === 'rejected') drop(batch)
    },
  }
}

/** Number of items and units. */
function sizeOf(batches: readonly Batch[]): number {
  let size = 0
  for (const { exposures, outcomes } of batches)
    for (const { units } of [...exposures, ...outcomes]) size += 1 + (units?.length ?? 0)
  return size
}

function hasUnits({ exposures, outcomes }: Batch): boolean {
  return outcomes.length > 0 || exposures.some(({ units }) => units)
}

/** Adds up the counts of all minutes, in the latest one: a server refuses minutes of a day ago. */
function withoutMinutes(items: readonly ExposureItem[]): ExposureItem[] {
  const sums = new Map<string, ExposureItem>()
  for (const item of items) {
    const name = JSON.stringify({ ...item, minute: 0, count: 0 })
    const count = item.count + (sums.get(name)?.count ?? 0)
    sums.set(name, { ...item, count: Math.min(count, MAX_COUNT) })
  }
  return [...sums.values()]
}

/** Distributes items over as few batches as their sizes in characters allow. */
function packed(
  [exposures, outcomes]: Items,
  maxCharacters: number,
  makeId: () => string,
): Batch[] {
  const batches: Batch[] = []
  let size = 0
  const add = <T>(item: T, itemsOf: (batch: Batch) => T[]) => {
    const { length } = JSON.stringify(item)
    if (batches.length === 0 || size + length > maxCharacters) {
      batches.push({ id: makeId(), exposures: [], outcomes: [] })
      size = 0
    }
    size += length
    itemsOf(batches.at(-1)!).push(item)
  }
  for (const item of exposures) add(item, (batch) => batch.exposures)
  for (const item of outcomes) add(item, (batch) => batch.outcomes)
  return batches
}

/** Returns 16 random hexadecimal digits. */
export function randomId({ random }: Platform): string {
  const part = () => hex8(Math.floor(random() * 2 ** 32))
  return part() + part()
}
