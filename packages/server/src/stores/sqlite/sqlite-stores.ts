import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { problem } from '../../errors.ts'
import { freeBytesOf } from '../free-space.ts'
import { createLogWatch } from '../log-watch.ts'
import { readOnlyStores } from '../read-only-stores.ts'
import type { Stores } from '../stores.ts'
import { backUpDatabase } from './sqlite-backup.ts'
import { createSqliteChangeLog } from './sqlite-change-log.ts'
import { openCopy } from './sqlite-copy.ts'
import { databaseFile, type OpenDatabase, openDatabase } from './sqlite-database.ts'
import { guard, isWriteRefused, openingError, textOf } from './sqlite-errors.ts'
import { createSqliteEventStore } from './sqlite-event-store.ts'
import { createSqliteKeyUsage } from './sqlite-key-usage.ts'
import { createSqliteLeases } from './sqlite-leases.ts'
import { createSqliteOutbox } from './sqlite-outbox.ts'
import { SCHEMA_VERSION } from './sqlite-schema.ts'
import { createSqliteSessions } from './sqlite-sessions.ts'

/** Each check waits for the disk, and anyone may request one. */
const CHECK_INTERVAL_MS = 1_000

/**
 * Stores in one SQLite file. A write is on the disk once it resolves (`synchronous=FULL`). A folder
 * that can be read but not written yields stores that reject every write.
 *
 * Per process: the lock on the folder lasts as long as the process, however it ends, so no second
 * process can use the same data folder.
 *
 * @param dataDir folder of the file, made where it is missing
 * @param maxLoggedUnits for tests: rows of the log of units after which it is merged
 * @throws {FlaghoistError} `STORE_LOCKED`, `STORE_FOREIGN`, `STORE_TOO_NEW`, `STORE_DAMAGED`,
 * `STORE_UNAVAILABLE`
 */
export function openSqliteStores(dataDir: string, maxLoggedUnits?: number): Stores {
  try {
    return storesOver(openDatabase(dataDir), dataDir, maxLoggedUnits)
  } catch (error) {
    if (isWriteRefused(error) && existsSync(databaseFile(dataDir)))
      return openReadOnly(dataDir, error)
    throw openingError(error, dataDir)
  }
}

function openReadOnly(dataDir: string, refusal: unknown): Stores {
  const reason = problem('STORE_READ_ONLY', { problem: textOf(refusal) }, { cause: refusal })
  return readOnlyStores(openSqliteCopy(databaseFile(dataDir)), reason)
}

/**
 * Stores over a private copy of a database that no server uses, such as a backup.
 * @throws {FlaghoistError} as `openSqliteStores`
 */
export function openSqliteCopy(file: string): Stores {
  const dataDir = dirname(file)
  if (!existsSync(file)) throw problem('STORE_UNAVAILABLE', { problem: `there is no file ${file}` })
  try {
    return storesOver(openCopy(file), dataDir)
  } catch (error) {
    throw openingError(error, dataDir)
  }
}

function storesOver(open: OpenDatabase, dataDir: string, maxLoggedUnits?: number): Stores {
  try {
    return createStores(open, dataDir, maxLoggedUnits)
  } catch (error) {
    open.close()
    throw error
  }
}

function createStores(
  { database, reserve, close }: OpenDatabase,
  dataDir: string,
  maxLoggedUnits?: number,
): Stores {
  const watch = createLogWatch()
  const {
    settle,
    drop: dropEvents,
    ...events
  } = createSqliteEventStore(database, reserve, maxLoggedUnits)
  let checkedAt = Number.NEGATIVE_INFINITY

  return {
    readOnly: undefined,
    log: createSqliteChangeLog({ database, watch, reserve, dropEvents }),
    events,
    keyUsage: createSqliteKeyUsage(database, reserve),
    outbox: createSqliteOutbox(database, reserve),
    leases: createSqliteLeases(database, reserve),
    sessions: createSqliteSessions(database, reserve),
    async check() {
      if (performance.now() - checkedAt < CHECK_INTERVAL_MS) return
      reserve.require()
      // A mere lock would succeed on a full disk; this writes, and changes nothing.
      guard(() => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`))
      checkedAt = performance.now()
    },
    backup: (target, spareBytes) => backUpDatabase(databaseFile(dataDir), target, spareBytes),
    freeBytes: () => freeBytesOf(dataDir),
    async close() {
      await settle()
      watch.close()
      close()
    },
  }
}
