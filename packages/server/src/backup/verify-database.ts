import { openSqliteReader } from '../stores/sqlite/sqlite-reader.ts'
import { attempt, type Verification, verificationOf, verifyLogs } from './verify-logs.ts'

/**
 * Verifies a snapshot of a database, which a server may write meanwhile: its pages and the hash
 * chains of all its logs.
 * @param heads hashes of changes, recorded earlier and elsewhere, that the logs must still contain
 * @throws {FlaghoistError} if the file is not a database of Flaghoist
 */
export async function verifyDatabase(
  file: string,
  heads: readonly string[],
): Promise<Verification> {
  const reader = openSqliteReader(file)
  try {
    const pages = await attempt(async () => {
      reader.checkPages()
      return { line: 'The database file is intact.' }
    })
    return verificationOf([pages, ...(await verifyLogs(reader.log, heads))])
  } finally {
    reader.close()
  }
}
