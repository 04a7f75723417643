import { createLogWatch } from '../log-watch.ts'
import type { Stores } from '../stores.ts'
import { createSqliteChangeLog } from './sqlite-change-log.ts'
import { openDatabase } from './sqlite-database.ts'
import { guard } from './sqlite-errors.ts'
import { createSqliteEventStore } from './sqlite-event-store.ts'
import { createSqliteKeyUsage } from './sqlite-key-usage.ts'
import { SCHEMA_VERSION } from './sqlite-schema.ts'

/** Each check waits for the disk, and anyone may request one. */
const CHECK_INTERVAL_MS = 1_000

/**
 * Stores in one SQLite file. A write is on the disk once it resolves (`synchronous=FULL`).
 *
 * Per process: the lock on the file lasts as long as the process, however it ends, so no second
 * process can use the same data folder.
 *
 * @param dataDir folder of the file, made where it is missing
 * @throws {FlaghoistError} `STORE_LOCKED`, `STORE_UNAVAILABLE`
 */
export function openSqliteStores(dataDir: string): Stores {
  const database = openDatabase(dataDir)
  const watch = createLogWatch()
  const { settle, ...events } = createSqliteEventStore(database)
  let checkedAt = Number.NEGATIVE_INFINITY

  return {
    log: createSqliteChangeLog(database, watch),
    events,
    keyUsage: createSqliteKeyUsage(database),
    async check() {
      if (performance.now() - checkedAt < CHECK_INTERVAL_MS) return
      // A mere lock would succeed on a full disk; this writes, and changes nothing.
      guard(() => database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`))
      checkedAt = performance.now()
    },
    async close() {
      await settle()
      watch.close()
      database.close()
    },
  }
}
