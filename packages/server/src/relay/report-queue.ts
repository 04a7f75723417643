import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { LIMITS } from '@flaghoist/core'
import { createGroupCommit } from '../stores/group-commit.ts'
import { openDatabase, transaction } from '../stores/sqlite/sqlite-database.ts'
import { guard, openingError } from '../stores/sqlite/sqlite-errors.ts'
import { type Items, mergeItems } from './merge-items.ts'
import { type Row, reportStatements, type Selection } from './report-statements.ts'

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
  /** Drops the reports of a connection, and returns the number of their events. */
  discard(source: string): number
  /** Drops the reports, and forgets the ids of batches, that were added before a time. */
  prune(before: number): void
  /** Time since which all ids of batches are remembered, epoch ms. */
  readonly remembersSince: number
  /** Bytes of the waiting reports. */
  readonly bytes: number
  /** Events that were dropped since the start: the queue was full, or could not send them. */
  readonly dropped: number
  close(): Promise<void>
}

export interface QueueLimits {
  /** Bytes of the waiting reports. */
  readonly maxBytes: number
  /** Ids of batches that are remembered; by default a million. */
  readonly maxIds?: number | undefined
}

/** A server accepts 1 MiB. Merged items are never longer than the items. */
const MAX_FLIGHT_BYTES = 600_000
/** Ids of batches that are remembered: some 150 MB on the disk. */
const MAX_IDS = 1_000_000
/** Units that are stored at a time. */
const MAX_GROUP_UNITS = 100_000

/**
 * Opens the queue of a data folder, which one process uses at a time.
 * @param dataDir `:memory:` for no persistence
 * @throws {FlaghoistError} `STORE_LOCKED` and the other codes of a data folder
 */
export function openReportQueue(dataDir: string, limits: QueueLimits): ReportQueue {
  if (dataDir === ':memory:') {
    const database = new DatabaseSync(dataDir)
    return queueOver(database, () => database.close(), limits)
  }
  try {
    const { database, close } = openDatabase(dataDir)
    return queueOver(database, close, limits)
  } catch (error) {
    throw openingError(error, dataDir)
  }
}

function queueOver(
  database: DatabaseSync,
  close: () => void,
  { maxBytes, maxIds = MAX_IDS }: QueueLimits,
): ReportQueue {
  const sql = reportStatements(database)
  const { add, size, remove, dropOldest } = createContent(database, sql, maxBytes)
  const memory = createMemory(database, sql)
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
    end: ({ batch: { id } }) => remove(sql.ofFlight, id),
    sources: () => (sql.sources.all() as { source: string }[]).map(({ source }) => source),
    discard(source) {
      const events = remove(sql.ofSource, source)
      size.dropped += events
      return events
    },
    prune(before) {
      const flights = sql.oldFlights.all(before) as { flight: string }[]
      for (const { flight } of flights) size.dropped += remove(sql.ofFlight, flight)
      dropOldest(({ at }) => at < before)
      memory.prune(before, maxIds)
    },
    get remembersSince() {
      return memory.since()
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

type Statements = ReturnType<typeof reportStatements>
type OldestRow = Pick<Row, 'seq' | 'at' | 'bytes' | 'events'>

/** Creates the operations on the waiting reports, and their size. Reports are added in groups. */
function createContent(database: DatabaseSync, sql: Statements, maxBytes: number) {
  const stored = sql.size.get() as { bytes: number }
  const size = { bytes: stored.bytes, dropped: 0 }

  /** Runs a step in a transaction. The size is rolled back with the rows. */
  const atOnce = <T>(step: () => T): T => {
    const before = { ...size }
    try {
      return guard(() => transaction(database, step))
    } catch (error) {
      Object.assign(size, before)
      throw error
    }
  }
  const dropWhile = (isDue: (oldest: OldestRow) => boolean) => {
    for (;;) {
      const oldest = sql.oldest.get() as OldestRow | undefined
      if (oldest === undefined || !isDue(oldest)) return
      sql.remove.run(oldest.seq)
      size.bytes -= oldest.bytes
      size.dropped += oldest.events
    }
  }
  const store = ({ source, id, at, items, events }: QueuedReport): boolean => {
    if (sql.known.get(source, id) !== undefined) return false
    sql.remember.run(source, id, at)
    if (events === 0) return true
    const text = JSON.stringify(items)
    const bytes = Buffer.byteLength(text)
    sql.add.run(source, at, events, bytes, text)
    size.bytes += bytes
    return true
  }
  const commit = (reports: readonly QueuedReport[]) =>
    atOnce(() => {
      const added = reports.map(store)
      dropWhile(() => size.bytes > maxBytes)
      return added
    })
  const weightOf = ({ items }: QueuedReport) => unitsIn(items)
  return {
    add: createGroupCommit(commit, { weightOf, maxWeight: MAX_GROUP_UNITS }),
    size,
    /** Removes the reports that a name selects, and returns the number of their events. */
    remove({ sums, removal }: Selection, name: string): number {
      const { events, bytes } = sums.get(name) as { events: number; bytes: number }
      guard(() => removal.run(name))
      size.bytes -= bytes
      return events
    },
    /** Drops the oldest reports while they are due, except those in flight. */
    dropOldest: (isDue: (oldest: OldestRow) => boolean) => atOnce(() => dropWhile(isDue)),
  }
}

/** Creates the memory of the ids of batches. */
function createMemory(database: DatabaseSync, sql: Statements) {
  let { since } = (sql.memory.get() ?? { since: 0 }) as { since: number }
  return {
    since: () => since,
    /** Forgets the ids from before a time, and the oldest ones if there are too many. */
    prune(before: number, maxIds: number) {
      const { ids } = sql.ids.get() as { ids: number }
      const surplus = ids > maxIds ? (sql.ageOf.get(ids - maxIds) as { at: number }) : undefined
      const next = Math.max(before, surplus?.at ?? 0)
      if (next <= since) return
      guard(() =>
        transaction(database, () => {
          sql.forget.run(next)
          sql.remembersSince.run(next)
        }),
      )
      since = next
    },
  }
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
