import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { problem } from '../errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { createEventQueries } from './sqlite-event-queries.ts'
import { type Arrival, createEventTables } from './sqlite-events.ts'
import { createLogTable } from './sqlite-log.ts'
import { migrate, SCHEMA_VERSION } from './sqlite-schema.ts'
import type { EventsAdded, Store } from './store.ts'

/** A server that is being replaced has this long to let go of the file. */
const LOCK_WAIT_MS = 1_000
/** Units that are written in one piece: some tens of ms. */
const MOST_UNITS = 5_000
/** Each check waits for the disk, and anybody may ask for one. */
const CHECK_EVERY_MS = 1_000

/**
 * The embedded store: one SQLite file. `synchronous=FULL`, because with NORMAL a power loss takes
 * acknowledged writes with it. One process at a time: the lock lasts as long as the process and no
 * longer, whatever ends it.
 *
 * @param dataDir folder of the file; `:memory:` keeps nothing
 * @throws {FlaghoistError} `STORE_LOCKED`, `STORE_UNAVAILABLE`
 */
export function openSqliteStore(dataDir: string): Store {
  const database = openDatabase(dataDir)
  const log = createLogTable(database)
  const events = createEventTables(database)
  const sums = createEventQueries(database)
  const add = createGroupCommit<Arrival, EventsAdded>(
    (arrivals) =>
      guard(() => {
        try {
          return transaction(database, () => events.add(arrivals))
        } catch (error) {
          events.rolledBack()
          throw error
        }
      }),
    { weigh: unitsOf, mostWeight: MOST_UNITS },
  )
  let checkedAt = Number.NEGATIVE_INFINITY
  let isOpen = true

  return {
    logs: async () => guard(() => log.heads()),
    createLog: async (project) => guard(() => log.create(project)),
    append: async (project, change, receipt) =>
      guard(() => transaction(database, () => log.append(project, change, receipt))),
    read: async (project, after, limit) => guard(() => log.read(project, after, limit)),
    renewEpoch: async (project) => guard(() => log.renewEpoch(project)),
    receipt: async (project, key) => guard(() => log.receipt(project, key)),
    keepReceipt: async (project, receipt) => guard(() => log.keepReceipt(project, receipt)),
    addEvents: (project, batch) => add({ project, batch }),
    exposures: (project, query) => sums.exposures(project, query).catch(refuse),
    outcomes: (project, query) => sums.outcomes(project, query).catch(refuse),
    keyUses: async (project) => guard(() => log.keyUses(project)),
    recordKeyUses: async (project, uses) =>
      guard(() => transaction(database, () => log.recordKeyUses(project, uses))),
    async prune({ retries, units, sums: sumsBefore }) {
      guard(() => log.pruneReceipts(retries))
      const steps = [
        () => events.pruneBatches(retries),
        () => events.pruneUnits(units),
        () => events.pruneSums(sumsBefore),
      ]
      // Others have their turn between two pieces.
      for (const step of steps)
        while (isOpen && guard(() => transaction(database, step))) await nextTurn()
    },
    async check() {
      if (performance.now() - checkedAt < CHECK_EVERY_MS) return
      // A lock alone would succeed on a full disk; this writes, and changes nothing.
      guard(() => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`))
      checkedAt = performance.now()
    },
    async close() {
      await add.settled()
      isOpen = false
      database.close()
    },
  }
}

function openDatabase(dataDir: string): DatabaseSync {
  try {
    if (dataDir === ':memory:') return prepareDatabase(new DatabaseSync(dataDir))
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const file = join(dataDir, 'flaghoist.db')
    makePrivate(file)
    return prepareDatabase(new DatabaseSync(file, { timeout: LOCK_WAIT_MS }))
  } catch (error) {
    if (isSqliteError(error, 'locked'))
      throw problem('STORE_LOCKED', { folder: dataDir }, { cause: error })
    throw problem('STORE_UNAVAILABLE', { problem: String(error) }, { cause: error })
  }
}

/**
 * The folder may be open to others. SQLite gives its log the mode of the file that is there when it
 * opens it.
 */
function makePrivate(file: string): void {
  // Never opened where it exists: closing it again would let go of the locks that this process
  // holds on it.
  if (existsSync(file)) chmodSync(file, 0o600)
  else writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
}

function prepareDatabase(database: DatabaseSync): DatabaseSync {
  try {
    lockDatabase(database)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function lockDatabase(database: DatabaseSync): void {
  // EXCLUSIVE is the lock against a second server; the system lets go of it when the process ends.
  // The cache (KiB) and the log (pages, 32 MB) are for units: they come at random places, and a
  // page is written less often the longer it may wait.
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32768;
    PRAGMA wal_autocheckpoint = 8000;
    BEGIN EXCLUSIVE; COMMIT;
  `)
}

/** Runs work that writes, all of it or nothing. */
function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors; a second ROLLBACK would hide the first
    // error.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * Runs work on the database, with SQLite's errors turned into ours: what happened, and what to do.
 */
function unitsOf({ batch: { exposures, outcomes } }: Arrival): number {
  return [...exposures, ...outcomes].reduce((sum, { units }) => sum + units.length, 0)
}

function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    return refuse(error)
  }
}

/**
 * @throws {FlaghoistError} `STORE_FULL`, `STORE_UNAVAILABLE`; what is no error of SQLite as it is
 */
function refuse(error: unknown): never {
  if (isSqliteError(error, 'full')) throw problem('STORE_FULL', {}, { cause: error })
  if (isSqliteError(error))
    throw problem('STORE_UNAVAILABLE', { problem: String(error) }, { cause: error })
  throw error
}

const SQLITE_CODES = { locked: [5, 6], full: [13] }

function isSqliteError(error: unknown, kind?: keyof typeof SQLITE_CODES): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR')
    return false
  if (kind === undefined) return true
  // The low byte is SQLite's primary result code.
  const primary = Number('errcode' in error ? error.errcode : 0) & 0xff
  return SQLITE_CODES[kind].includes(primary)
}
