import { accessSync, chmodSync, constants, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { problem } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import { createReserve, type Reserve } from './sqlite-reserve.ts'
import { migrate } from './sqlite-schema.ts'
import { allowShrinking, rewriteForShrinking } from './sqlite-shrinking.ts'

/** Name of the database file in a data folder. */
export const DATABASE_FILE = 'flaghoist.db'
/** Name of the file whose lock belongs to the one server that uses a data folder. */
export const LOCK_FILE = 'flaghoist.lock'

/** Time that a server being replaced has to release the folder. */
export const LOCK_WAIT_MS = 1_000

/** A database, and the function that closes it with everything that belongs to it. */
export interface OpenDatabase {
  readonly database: DatabaseSync
  /** Space that is kept for kills. */
  readonly reserve: Reserve
  close(): void
}

/**
 * Opens the database of a data folder, locks the folder for this process and brings the database to
 * this version's schema. Other processes may read it meanwhile, which a backup needs.
 * @throws errors of the file system and of SQLite
 */
export function openDatabase(dataDir: string): OpenDatabase {
  makeFolder(dataDir)
  const lock = lockFolder(dataDir)
  try {
    const database = openFile(databaseFile(dataDir))
    return {
      database,
      reserve: createReserve(dataDir),
      close() {
        database.close()
        release(lock)
      },
    }
  } catch (error) {
    release(lock)
    throw error
  }
}

/** Returns the path of the database in a data folder. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, DATABASE_FILE)
}

/** The locks of this process. A lock that nothing refers to would be collected, and released. */
const locks = new Set<DatabaseSync>()

/** Locks a folder against a second server. The system releases the lock when the process ends. */
function lockFolder(dataDir: string): DatabaseSync {
  const file = join(dataDir, LOCK_FILE)
  makePrivate(file)
  const lock = new DatabaseSync(file, { timeout: LOCK_WAIT_MS })
  closeOnError(lock, () => lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'))
  locks.add(lock)
  return lock
}

function release(lock: DatabaseSync): void {
  locks.delete(lock)
  lock.close()
}

function openFile(file: string): DatabaseSync {
  makePrivate(file)
  const database = new DatabaseSync(file, { timeout: LOCK_WAIT_MS })
  return closeOnError(database, () => {
    configure(database)
    migrate(database)
    rewriteForShrinking(database)
  })
}

/** Runs work on a new database, and closes the database if the work throws. */
export function closeOnError(database: DatabaseSync, work: () => void): DatabaseSync {
  try {
    work()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Creates a file, or checks that it may be written. The folder may be open to others; SQLite copies
 * the mode of the file to its write-ahead log.
 */
function makePrivate(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  // An existing file is not opened: closing it again would release the locks that this process
  // holds on it.
  if (found === undefined) writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
  else if (!found.isFile()) throw problem('STORE_UNAVAILABLE', { problem: `${file} is not a file` })
  else if ((found.mode & 0o077) !== 0) chmodSync(file, found.mode & 0o700)
  // SQLite would open such a file, and fail only at the first write.
  accessSync(file, constants.W_OK)
}

function configure(database: DatabaseSync): void {
  // NORMAL instead of FULL would lose acknowledged writes in a power loss. The large cache (KiB)
  // and log (pages, 32 MB) are for units: a merge touches many pages, and a page that waits is
  // written less. A server of an earlier version locks the file itself: the transaction waits.
  allowShrinking(database)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32768;
    PRAGMA wal_autocheckpoint = 8000;
    BEGIN IMMEDIATE; COMMIT;
  `)
}

/** Runs work in a write transaction: all of it is committed, or nothing. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // After some errors SQLite has rolled back by itself; another ROLLBACK would hide the error.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
