import type { DatabaseSync } from 'node:sqlite'

/** SQLite's number of the mode in which a database returns free pages to the disk on demand. */
const INCREMENTAL = 2
/** A database of an earlier version is rewritten at its start up to this size: some seconds. */
const MAX_REWRITTEN_BYTES = 256 * 1024 * 1024
/** Pages returned to the disk by one piece: a few milliseconds. */
const PAGES_PER_PIECE = 500
/** Free pages that are kept for the next rows. */
const KEPT_PAGES = 64

/** Lets a new database return free pages to the disk. To be called before its first table. */
export function allowShrinking(database: DatabaseSync): void {
  database.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`)
}

/** Rewrites a database of an earlier version, unless it is large, so that it can shrink. */
export function rewriteForShrinking(database: DatabaseSync): void {
  if (numberOf(database, 'auto_vacuum') === INCREMENTAL) return
  const bytes = numberOf(database, 'page_count') * numberOf(database, 'page_size')
  if (bytes > MAX_REWRITTEN_BYTES) return
  // A full disk has no room for the copy. The database works as before, and stays as large.
  attempt(database, `PRAGMA auto_vacuum = ${INCREMENTAL}; VACUUM`)
  // The copy has gone through the write-ahead log, which would stay as large as the database.
  attempt(database, 'PRAGMA wal_checkpoint(TRUNCATE)')
}

function attempt(database: DatabaseSync, sql: string): void {
  try {
    database.exec(sql)
  } catch {
    // The caller does without it.
  }
}

/** Returns some free pages to the disk. Returns true if there are more. */
export function shrinkPiece(database: DatabaseSync): boolean {
  const free = numberOf(database, 'freelist_count') - KEPT_PAGES
  if (free <= 0 || numberOf(database, 'auto_vacuum') !== INCREMENTAL) return false
  database.exec(`PRAGMA incremental_vacuum(${Math.min(free, PAGES_PER_PIECE)})`)
  if (free > PAGES_PER_PIECE) return true
  // The file becomes shorter when the write-ahead log is copied into it. This never waits for the
  // readers of the database, such as a backup.
  database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  return false
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get()!)[0])
}
