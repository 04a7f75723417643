import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { closeOnError, DATABASE_FILE, LOCK_FILE, type OpenDatabase } from './sqlite-database.ts'
import { isLocked } from './sqlite-errors.ts'
import { NO_RESERVE } from './sqlite-reserve.ts'
import { migrate } from './sqlite-schema.ts'

/**
 * Opens a private copy of a database that cannot be written, so that its write-ahead log and an
 * older schema can be read as well. Nothing that is written to the copy lasts.
 * @throws errors of the file system and of SQLite, also if a running server uses the folder
 */
export function openCopy(file: string): OpenDatabase {
  rejectLocked(join(dirname(file), LOCK_FILE))
  rejectLocked(file)
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-read-only-'))
  try {
    const copy = join(folder, DATABASE_FILE)
    copyFiles(file, copy)
    const database = new DatabaseSync(copy)
    closeOnError(database, () => {
      migrate(database)
      // The whole write-ahead log is now in the file, which is open: its name may go.
      database.exec('PRAGMA journal_mode = MEMORY')
    })
    return { database, reserve: NO_RESERVE, close: () => database.close() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function copyFiles(from: string, to: string): void {
  for (const suffix of existsSync(`${from}-wal`) ? ['', '-wal'] : ['']) {
    copyFileSync(from + suffix, to + suffix)
    chmodSync(to + suffix, 0o600)
  }
}

/** @throws the error of SQLite if another process has locked the file for itself */
function rejectLocked(file: string): void {
  if (!existsSync(file)) return
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    database.prepare('SELECT 1 FROM sqlite_schema').get()
  } catch (error) {
    if (isLocked(error)) throw error
  } finally {
    database.close()
  }
}
