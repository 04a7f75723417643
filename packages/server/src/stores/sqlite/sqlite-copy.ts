import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { closeOnError, DATABASE_FILE, LOCK_FILE, type OpenDatabase } from './sqlite-database.ts'
import { isLocked } from './sqlite-errors.ts'
import { migrate } from './sqlite-schema.ts'

/**
 * Opens a private copy of a database that cannot be written, so that its write-ahead log and an
 * older schema can be read as well. Nothing that is written to the copy lasts.
 * @throws errors of the file system and of SQLite, also if a running server uses the folder
 */
export function openCopy(dataDir: string): OpenDatabase {
  for (const name of [LOCK_FILE, DATABASE_FILE]) rejectLocked(join(dataDir, name))
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-read-only-'))
  try {
    copyFiles(dataDir, folder)
    const database = new DatabaseSync(join(folder, DATABASE_FILE))
    closeOnError(database, () => {
      migrate(database)
      // The whole write-ahead log is now in the file, which is open: its name may go.
      database.exec('PRAGMA journal_mode = MEMORY')
    })
    return { database, close: () => database.close() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function copyFiles(from: string, to: string): void {
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
    if (name !== DATABASE_FILE && !existsSync(join(from, name))) continue
    copyFileSync(join(from, name), join(to, name))
    chmodSync(join(to, name), 0o600)
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
