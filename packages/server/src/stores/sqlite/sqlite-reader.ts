import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { problem } from '../../errors.ts'
import type { ChangeLog } from '../change-log.ts'
import { createLogWatch } from '../log-watch.ts'
import { createSqliteChangeLog } from './sqlite-change-log.ts'
import { openCopy } from './sqlite-copy.ts'
import { closeOnError, LOCK_WAIT_MS, type OpenDatabase } from './sqlite-database.ts'
import { guard, isWriteRefused, openingError } from './sqlite-errors.ts'
import { NO_RESERVE } from './sqlite-reserve.ts'
import { rejectNewer } from './sqlite-schema.ts'

/** A database at one moment, read beside the server that may write it. */
export interface SqliteReader {
  /** The logs. A write to them is an error. */
  readonly log: ChangeLog
  /** Checks every page. @throws {FlaghoistError} `STORE_DAMAGED` */
  checkPages(): void
  close(): void
}

/** Opens a database of Flaghoist to read it. @throws {FlaghoistError} as `openSqliteStores` */
export function openSqliteReader(file: string): SqliteReader {
  try {
    const { database, reserve, close } = openForReading(file)
    // All reads see the same moment.
    closeOnError(database, () => database.exec('BEGIN'))
    return {
      log: createSqliteChangeLog({
        database,
        watch: createLogWatch(),
        reserve,
        dropEvents: () => undefined,
      }),
      checkPages: () => guard(() => checkPages(database)),
      close,
    }
  } catch (error) {
    throw openingError(error, file)
  }
}

/**
 * Opens a database beside the server that may write it.
 * @throws errors of the file system and of SQLite
 */
export function openForReading(file: string): OpenDatabase {
  if (!existsSync(file)) throw problem('STORE_UNAVAILABLE', { problem: `there is no file ${file}` })
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: LOCK_WAIT_MS })
    closeOnError(database, () => rejectNewer(database))
    return { database, reserve: NO_RESERVE, close: () => database.close() }
  } catch (error) {
    // SQLite reads a write-ahead log only where it may write beside it.
    if (isWriteRefused(error)) return openCopy(file)
    throw error
  }
}

function checkPages(database: DatabaseSync): void {
  const rows = database.prepare('PRAGMA integrity_check(1)').all()
  const [first] = rows.map((row) => String(row.integrity_check))
  if (first !== 'ok') throw problem('STORE_DAMAGED', { problem: first ?? 'no result' })
}
