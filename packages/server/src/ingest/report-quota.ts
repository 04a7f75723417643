import type { Config } from '../config.ts'
import { getOrSet } from '../get-or-set.ts'
import { createMinuteCounts } from '../http/minute-counts.ts'
import { type ShareOf, WHOLE } from '../stores/server-share.ts'
import type { Clocks } from '../time.ts'
import { createQuotaExcesses, type QuotaExcess } from './quota-excesses.ts'
import type { ReportedExposure, ReportedOutcome } from './schemas.ts'

/** Limits on the reports of a kind of key. */
export interface QuotaLimits {
  /** Exposures and outcomes of one flag per minute. */
  readonly eventsPerMinute: number
  /**
   * New combinations of revision, variant, arm and metric of one flag in one scope per minute;
   * undefined disables the limit.
   */
  readonly cellsPerMinute: number | undefined
}

/** The sender of a batch. */
export interface Reporter {
  readonly keyId: string
  /** Address of the client; undefined for a server key, which is secret. */
  readonly address: string | undefined
}

/**
 * The quotas of what API keys may report, so that neither a flood nor a forger fills the store or
 * drowns the reports of others. A client key is public: like those of its requests, its quotas hold
 * for each address, and are wide for all addresses together.
 *
 * Each of several servers on the same stores counts the reports that it received, and admits its
 * share of a quota. A restart empties the counts.
 */
export interface ReportQuota {
  /** Opens a reservation for one batch. */
  open(reporter: Reporter): QuotaReservation
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
  readonly cell: QuotaCell
  readonly events: number
}

/** The members of an item that tell cells of one flag and scope apart. */
export type QuotaCell = Pick<ReportedExposure, 'revision' | 'variant' | 'arm' | 'rule'> &
  Partial<Pick<ReportedOutcome, 'metric'>>

/**
 * New cells of one flag and scope per minute that an address may report with a client key: room for
 * a few revisions, variants and metrics.
 */
const CLIENT_CELLS_PER_MINUTE = 200

/** The limits that the settings of a server ask for. */
export function quotaLimits({
  clientEvents,
  serverEvents,
}: Pick<Config, 'clientEvents' | 'serverEvents'>): ReportQuotaOptions['limits'] {
  return {
    client: { eventsPerMinute: clientEvents, cellsPerMinute: CLIENT_CELLS_PER_MINUTE },
    server: { eventsPerMinute: serverEvents, cellsPerMinute: undefined },
  }
}

export interface ReportQuotaOptions {
  readonly limits: { readonly client: QuotaLimits; readonly server: QuotaLimits }
  readonly clocks: Clocks
  /** Returns the part of a limit that this server may use. @default all of it */
  readonly shareOf?: ShareOf | undefined
  /** Called once per minute and key, with the first flag that exceeded the quota. */
  readonly onExceeded: (excess: QuotaExcess) => void
}

export function createReportQuota({
  limits,
  clocks,
  shareOf = WHOLE,
  onExceeded,
}: ReportQuotaOptions): ReportQuota {
  const excesses = createQuotaExcesses(clocks, onExceeded)
  const client = createQuotaCounts(limits.client, shareOf, clocks.elapsed)
  const server = createQuotaCounts(limits.server, shareOf, clocks.elapsed)

  return {
    open(reporter) {
      const counts = reporter.address === undefined ? server : client
      const minute = counts.minute()
      const reserved: QuotaItem[] = []
      const refused: QuotaItem[] = []
      return {
        reserve(item) {
          const hasRoom = counts.admit(reporter, item)
          ;(hasRoom ? reserved : refused).push(item)
          return hasRoom
        },
        commit() {
          for (const item of refused) excesses.add(reporter.keyId, item)
        },
        release() {
          if (counts.minute() !== minute) return
          for (const item of reserved) counts.takeBack(reporter, item)
        },
      }
    },
    excesses: excesses.list,
  }
}

/** The events and cells that keys of one kind have reported in the current minute. */
function createQuotaCounts(
  { eventsPerMinute, cellsPerMinute = Number.POSITIVE_INFINITY }: QuotaLimits,
  shareOf: ShareOf,
  elapsed: () => number,
) {
  const events = createMinuteCounts(() => shareOf(eventsPerMinute), elapsed)
  // Each server sees the same few cells of an honest client, whatever part of its reports.
  const cells = createMinuteCounts(() => cellsPerMinute, elapsed)
  /** Cells that were counted in the current minute. A key pays for each of them once. */
  let known = new Map<string, Set<string>>()
  let knownIn = 0

  const takeBack = ({ keyId, address }: Reporter, item: QuotaItem) =>
    events.takeBack({ key: keyId, part: item.flag, address }, item.events)
  const hasRoomForCell = ({ keyId, address }: Reporter, { flag, scope, cell }: QuotaItem) => {
    if (cellsPerMinute === Number.POSITIVE_INFINITY) return true
    if (cells.minute() !== knownIn) known = new Map()
    knownIn = cells.minute()
    const key = `${keyId} ${flag} ${scope}`
    const seen = getOrSet(known, key, () => new Set<string>())
    const { revision, variant, arm, rule, metric } = cell
    const name = [revision, variant, arm, rule, metric].join(' ')
    const hasRoom = seen.has(name) || cells.admit({ key, address })
    if (hasRoom) seen.add(name)
    return hasRoom
  }
  return {
    minute: events.minute,
    takeBack,
    admit(reporter: Reporter, item: QuotaItem): boolean {
      const { keyId, address } = reporter
      if (!events.admit({ key: keyId, part: item.flag, address }, item.events)) return false
      if (hasRoomForCell(reporter, item)) return true
      takeBack(reporter, item)
      return false
    },
  }
}
