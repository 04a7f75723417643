import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { problem } from '../../errors.ts'
import { isLocked } from './sqlite-errors.ts'
import { migrate } from './sqlite-schema.ts'

/** Time that a server being replaced has to release the file. */
const LOCK_WAIT_MS = 1_000

/**
 * Opens the database of a data folder, locks it for this process and brings it to this version's
 * schema. @throws {FlaghoistError} `STORE_LOCKED`, `STORE_UNAVAILABLE`
 */
export function openDatabase(dataDir: string): DatabaseSync {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const file = join(dataDir, 'flaghoist.db')
    makePrivate(file)
    return prepare(new DatabaseSync(file, { timeout: LOCK_WAIT_MS }))
  } catch (error) {
    if (isLocked(error)) throw problem('STORE_LOCKED', { folder: dataDir }, { cause: error })
    throw problem('STORE_UNAVAILABLE', { problem: String(error) }, { cause: error })
  }
}

/** The folder may be open to others. SQLite copies the mode of the file to its write-ahead log. */
function makePrivate(file: string): void {
  // An existing file is not opened: closing it again would release the locks that this process
  // holds on it.
  if (existsSync(file)) chmodSync(file, 0o600)
  else writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
}

function prepare(database: DatabaseSync): DatabaseSync {
  try {
    lock(database)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function lock(database: DatabaseSync): void {
  // EXCLUSIVE locks out a second server; the system releases it when the process ends. NORMAL
  // instead of FULL would lose acknowledged writes in a power loss. The large cache (KiB) and log
  // (pages, 32 MB) are for units: they touch random pages, and a page that waits is written less.
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
