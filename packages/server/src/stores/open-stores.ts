import { createMemoryStores } from './memory/memory-stores.ts'
import { openSqliteStores } from './sqlite/sqlite-stores.ts'
import type { Stores } from './stores.ts'

/**
 * Opens the stores that the settings name.
 *
 * @param dataDir folder of the SQLite file; `:memory:` keeps everything in memory only
 * @throws {FlaghoistError} if the folder cannot be read: see `openSqliteStores`
 */
export function openStores(dataDir: string): Stores {
  return dataDir === ':memory:' ? createMemoryStores() : openSqliteStores(dataDir)
}
