import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { LIMITS } from '@flaghoist/core'
import { createGroupCommit } from '../stores/group-commit.ts'
import { openDatabase, transaction } from '../stores/sqlite/sqlite-database.ts'
import { guard, openingError } from '../stores/sqlite/sqlite-errors.ts'
import { type Items, mergeItems } from './merge-items.ts'
import { type Row, reportStatements } from './report-statements.ts'

/** The valid items of a batch that a client sent. */
export interface QueuedReport {
  /** Connection that forwards it. */
  readonly source: string
  /** Id of the batch. */
  readonly id: string
  /** Epoch ms. */
  readonly at: number
  readonly items: Items
  /** Number of exposures and outcomes. */
  readonly events: number
}

/** Reports that are sent, and if need be sent again, under one id. */
export interface Flight {
  readonly batch: { readonly id: string } & Items
  /** False if further reports wait that one request could not carry. */
  readonly isLast: boolean
}

/**
 * The reports of clients, on the disk until the upstream has them. An added report survives the
 * process. The queue is bounded: the oldest reports are dropped, except those in flight.
 */
export interface ReportQueue {
  /** Stores a report. Resolves with false if its batch was added before. */
  add(report: QueuedReport): Promise<boolean>
  /** Returns the oldest reports of a connection as one batch, the same until `end`. */
  next(source: string): Flight | undefined
  /** Removes the reports of a flight, and returns the number of their events. */
  end(flight: Flight): number
  /** Returns the connections with waiting reports. */
  sources(): readonly string[]
  /** Forgets the ids of batches that were added before a time. */
  prune(before: number): void
  /** Bytes of the waiting reports. */
  readonly bytes: number
  /** Events that were dropped since the start, because the queue was full. */
  readonly dropped: number
  close(): Promise<void>
}

/** A server accepts 1 MiB. Merged items are never longer than the items. */
const MAX_FLIGHT_BYTES = 600_000
/** Ids of batches that are remembered. */
const MAX_IDS = 1_000_000
/** Units that are stored at a time. */
const MAX_GROUP_UNITS = 100_000

/**
 * Opens the queue of a data folder, which one process uses at a time.
 * @param dataDir `:memory:` for no persistence
 * @throws {FlaghoistError} `STORE_LOCKED` and the other codes of a data folder
 */
export function openReportQueue(dataDir: string, maxBytes: number): ReportQueue {
  if (dataDir === ':memory:') {
    const database = new DatabaseSync(dataDir)
    return queueOver(database, () => database.close(), maxBytes)
  }
  try {
    const { database, close } = openDatabase(dataDir)
    return queueOver(database, close, maxBytes)
  } catch (error) {
    throw openingError(error, dataDir)
  }
}

function queueOver(database: DatabaseSync, close: () => void, maxBytes: number): ReportQueue {
  const sql = reportStatements(database)
  const { add, size } = createAdding(database, sql, maxBytes)
  const flying = (source: string) => sql.flight.all(source) as unknown as readonly Row[]
  const startFlight = (source: string): readonly Row[] => {
    const rows = fitting(sql.waiting.iterate(source) as Iterable<unknown> as Iterable<Row>)
    if (rows.length > 0) sql.fly.run(randomUUID(), source, rows.at(-1)!.seq)
    return flying(source)
  }

  return {
    add,
    next(source) {
      const open = flying(source)
      const rows = open.length > 0 ? open : guard(() => startFlight(source))
      if (rows.length === 0) return undefined
      const items = rows.map((row) => JSON.parse(row.items) as Items)
      const batch = { id: rows[0]!.flight!, ...mergeItems(items) }
      return { batch, isLast: sql.anyWaiting.get(source) === undefined }
    },
    end({ batch: { id } }) {
      const { events, bytes } = sql.sums.get(id) as { events: number; bytes: number }
      guard(() => sql.land.run(id))
      size.bytes -= bytes
      return events
    },
    sources: () => (sql.sources.all() as { source: string }[]).map(({ source }) => source),
    prune(before) {
      guard(() => sql.forget.run(before, Math.max(0, size.ids - MAX_IDS)))
      size.ids = (sql.ids.get() as { ids: number }).ids
    },
    get bytes() {
      return size.bytes
    },
    get dropped() {
      return size.dropped
    },
    async close() {
      await add.settled()
      close()
    },
  }
}

/** Creates the function that adds reports in groups, and the size of the queue. */
function createAdding(
  database: DatabaseSync,
  sql: ReturnType<typeof reportStatements>,
  maxBytes: number,
) {
  const stored = sql.size.get() as { bytes: number }
  const { ids } = sql.ids.get() as { ids: number }
  const size = { bytes: stored.bytes, ids, dropped: 0 }

  const makeRoom = () => {
    while (size.bytes > maxBytes) {
      const oldest = sql.oldest.get() as Pick<Row, 'seq' | 'bytes' | 'events'> | undefined
      if (oldest === undefined) return
      sql.remove.run(oldest.seq)
      size.bytes -= oldest.bytes
      size.dropped += oldest.events
    }
  }
  const store = ({ source, id, at, items, events }: QueuedReport): boolean => {
    if (sql.known.get(source, id) !== undefined) return false
    sql.remember.run(source, id, at)
    size.ids += 1
    if (events === 0) return true
    const text = JSON.stringify(items)
    const bytes = Buffer.byteLength(text)
    sql.add.run(source, events, bytes, text)
    size.bytes += bytes
    return true
  }
  const storeAll = (reports: readonly QueuedReport[]) => {
    const added = reports.map(store)
    makeRoom()
    return added
  }
  const commit = (reports: readonly QueuedReport[]) => {
    const before = { ...size }
    try {
      return guard(() => transaction(database, () => storeAll(reports)))
    } catch (error) {
      // The rows were rolled back.
      Object.assign(size, before)
      throw error
    }
  }
  const weightOf = ({ items }: QueuedReport) => unitsIn(items)
  return { add: createGroupCommit(commit, { weightOf, maxWeight: MAX_GROUP_UNITS }), size }
}

/** Returns the first rows that one request can carry, and at least one. */
function fitting(rows: Iterable<Row>): readonly Row[] {
  const fit: Row[] = []
  let bytes = 0
  let items = 0
  for (const row of rows) {
    const { exposures, outcomes } = JSON.parse(row.items) as Items
    bytes += row.bytes
    items += exposures.length + outcomes.length
    const isFull = bytes > MAX_FLIGHT_BYTES || items > LIMITS.eventsPerBatch
    if (isFull && fit.length > 0) break
    fit.push(row)
  }
  return fit
}

function unitsIn({ exposures, outcomes }: Items): number {
  return [...exposures, ...outcomes].reduce((sum, { units }) => sum + 1 + (units?.length ?? 0), 0)
}
