import type { Config } from '../config.ts'
import { problem } from '../errors.ts'
import { backUpDatabase } from '../stores/sqlite/sqlite-backup.ts'
import { databaseFile } from '../stores/sqlite/sqlite-database.ts'
import { verifyDatabase } from './verify-database.ts'
import type { Verification } from './verify-logs.ts'

/**
 * Backs up the data folder, also while a server uses it, and verifies the backup.
 * @throws {FlaghoistError} see `Stores.backup`
 */
export async function backUp(
  { dataDir, redis, minFreeBytes }: Config,
  target: string,
): Promise<Verification> {
  if (redis !== undefined) throw problem('BACKUP_OF_REDIS', {})
  await backUpDatabase(databaseFile(dataDir), target, minFreeBytes)
  const { lines, isIntact } = await verifyDatabase(target, [])
  return { lines: [`The backup was written to ${target}`, ...lines], isIntact }
}
