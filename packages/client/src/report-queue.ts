import { hex8 } from '@flaghoist/core/internal'
import type { ExposureItem, OutcomeItem } from './exposure.ts'
import type { Platform } from './platform.ts'

/** Items that are sent, and if need be sent again, under one id. */
export interface Batch {
  readonly id: string
  readonly exposures: ExposureItem[]
  readonly outcomes: OutcomeItem[]
}

/** Batches in the order of their making, each waiting or in flight. */
export interface ReportQueue {
  /** Returns the number of exposures that were dropped. */
  dropped(): number
  /**
   * Splits items into batches of at most `maxCharacters`, and drops the oldest waiting ones of too
   * many.
   */
  add(
    items: readonly [exposures: readonly ExposureItem[], outcomes: readonly OutcomeItem[]],
    maxCharacters: number,
  ): void
  /** Returns the batches that are not in flight. */
  waiting(): readonly Batch[]
  isInFlight(): boolean
  /** Marks a batch as in flight. */
  take(batch: Batch): void
  /**
   * Ends a flight: removes an accepted batch, drops a rejected one, and keeps a deferred one.
   * Ignores a batch that is not in flight.
   */
  land(batch: Batch, result: 'accepted' | 'rejected' | 'deferred'): void
}

/** Batches kept while the server is away; then the oldest is dropped. */
const MAX_BATCHES = 30

export function createReportQueue(platform: Platform): ReportQueue {
  const batches: Batch[] = []
  const inFlight = new Set<Batch>()
  let dropped = 0

  const waiting = () => batches.filter((batch) => !inFlight.has(batch))
  const remove = (batch: Batch) => batches.splice(batches.indexOf(batch), 1)
  const drop = (batch: Batch) => {
    remove(batch)
    for (const { count } of batch.exposures) dropped += count
  }

  return {
    dropped: () => dropped,
    add(items, maxCharacters) {
      batches.push(...packed(items, maxCharacters, () => randomId(platform)))
      const surplus = Math.max(0, batches.length - MAX_BATCHES)
      waiting().slice(0, surplus).forEach(drop)
    },
    waiting,
    isInFlight: () => inFlight.size > 0,
    take: (batch) => void inFlight.add(batch),
    land(batch, result) {
      if (!inFlight.delete(batch)) return
      if (result === 'accepted') remove(batch)
      if (result === 'rejected') drop(batch)
    },
  }
}

/** Distributes items over as few batches as their sizes in characters allow. */
function packed(
  [exposures, outcomes]: readonly [readonly ExposureItem[], readonly OutcomeItem[]],
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
