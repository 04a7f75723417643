import { getOrSet } from '../get-or-set.ts'
import { type Clocks, MINUTE_MS } from '../time.ts'
import { createQuotaExcesses, type QuotaExcess } from './quota-excesses.ts'

/** Limits on the reports of one key. */
export interface QuotaLimits {
  /** Exposures and outcomes of one flag per minute. */
  readonly eventsPerMinute: number
  /**
   * Distinct combinations of revision, variant, arm and metric of one flag in one scope per minute;
   * undefined disables the limit.
   */
  readonly cellsPerMinute: number | undefined
}

/**
 * The quota of what API keys may report, so that neither a flood nor a forger fills the store or
 * drowns the reports of others.
 *
 * Per process today: every process counts the reports that it received itself, so a key may report
 * as many times its quota as there are replicas. A restart empties the counts.
 */
export interface ReportQuota {
  /** Opens a reservation for one batch of a key. */
  open(keyId: string, limits: QuotaLimits): QuotaReservation
  /** Lists keys that exceeded their quota in the last 24 hours, the latest first. */
  excesses(isShown: (keyId: string) => boolean): readonly QuotaExcess[]
}

/** The part of a quota that one batch uses. Exactly one of `commit` and `release` ends it. */
export interface QuotaReservation {
  /** Reserves the events of an item. Returns false, without a reservation, over the quota. */
  reserve(item: QuotaItem): boolean
  /** Ends the reservation of a batch that was stored, and records what exceeded the quota. */
  commit(): void
  /** Ends the reservation of a batch that was not stored: its events count for nothing. */
  release(): void
}

/** An item of a batch, as far as the quota is concerned. */
export interface QuotaItem {
  readonly flag: string
  readonly scope: string
  /** Returns revision, variant, arm and metric; called only where cells are limited. */
  readonly cell: () => string
  readonly events: number
}

/** @param onExceeded called once per minute and key, with the first flag that exceeded the quota */
export function createReportQuota(
  clocks: Clocks,
  onExceeded: (excess: QuotaExcess) => void,
): ReportQuota {
  const counts = createMinuteCounts(clocks.elapsed)
  const excesses = createQuotaExcesses(clocks, onExceeded)

  return {
    open(keyId, { eventsPerMinute, cellsPerMinute }) {
      const { used, hasRoomForCell } = counts.current(keyId)
      const usedBy = (flag: string) => used.get(flag) ?? 0
      const reserved: QuotaItem[] = []
      const refused: QuotaItem[] = []
      return {
        reserve(item) {
          const events = usedBy(item.flag) + item.events
          const hasRoom =
            events <= eventsPerMinute &&
            (cellsPerMinute === undefined || hasRoomForCell(cellsPerMinute, item))
          ;(hasRoom ? reserved : refused).push(item)
          if (hasRoom) used.set(item.flag, events)
          return hasRoom
        },
        commit() {
          for (const item of refused) excesses.add(keyId, item)
        },
        release() {
          for (const { flag, events } of reserved) used.set(flag, usedBy(flag) - events)
        },
      }
    },
    excesses: excesses.list,
  }
}

/** The counts of the current minute; each minute starts with new ones. */
function createMinuteCounts(elapsed: () => number) {
  let minute = 0
  let events = new Map<string, Map<string, number>>()
  let cells = new Map<string, Set<string>>()

  return {
    current(keyId: string) {
      const current = Math.floor(elapsed() / MINUTE_MS)
      if (current !== minute) {
        minute = current
        events = new Map()
        cells = new Map()
      }
      const used = getOrSet(events, keyId, () => new Map<string, number>())
      const seen = cells
      /** Counts a new cell where there is room for it. */
      const hasRoomForCell = (max: number, { flag, scope, cell }: QuotaItem): boolean => {
        const known = getOrSet(seen, `${keyId} ${flag} ${scope}`, () => new Set<string>())
        const name = cell()
        if (known.size >= max && !known.has(name)) return false
        known.add(name)
        return true
      }
      return { used, hasRoomForCell }
    },
  }
}
