import { isFlaghoistError } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { readVerified, verifyEnd } from '../projects/read-verified.ts'
import type { ChangeLog, LogHead } from '../stores/change-log.ts'
import { openSqliteReader, type SqliteReader } from '../stores/sqlite/sqlite-reader.ts'
import { createRecordedHeads, type RecordedHeads } from './recorded-heads.ts'

/** The result of a verification, as lines for people. */
export interface Verification {
  readonly lines: readonly string[]
  readonly isIntact: boolean
}

/** A line of a verification. */
interface Finding {
  readonly line: string
  readonly isFault?: boolean
}

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
    const recorded = createRecordedHeads(heads)
    const findings = [await attempt(() => verifyPages(reader))]
    for (const head of await reader.log.heads())
      findings.push(await attempt(() => verifyLog(reader.log, head, recorded)))
    for (const [head, place] of recorded.places()) findings.push(findingOf(head, place))
    return {
      lines: findings.map(({ line }) => line),
      isIntact: !findings.some(({ isFault }) => isFault),
    }
  } finally {
    reader.close()
  }
}

async function verifyPages(reader: SqliteReader): Promise<Finding> {
  reader.checkPages()
  return { line: 'The database file is intact.' }
}

/** Verifies one log, and compares its changes with the recorded heads. */
async function verifyLog(log: ChangeLog, head: LogHead, recorded: RecordedHeads): Promise<Finding> {
  const { project } = head
  let last: Change | undefined
  for await (const changes of readVerified(log, project, { seq: 0, hash: '' })) {
    for (const { seq, hash } of changes) recorded.see(hash, `change ${seq} of project "${project}"`)
    last = changes.at(-1) ?? last
  }
  verifyEnd(head, last?.seq ?? 0)
  if (last === undefined) return { line: `Project "${project}" has no changes.` }
  const { seq, at, hash } = last
  return { line: `Project "${project}" is intact: change ${seq} of ${at} has the hash ${hash}` }
}

function findingOf(head: string, place: string | undefined): Finding {
  if (place !== undefined) return { line: `The recorded head is ${place}: ${head}` }
  const line = `No change has the recorded head: ${head}\nThe log was cut or rewritten since, or it is another log.`
  return { line, isFault: true }
}

async function attempt(work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work()
  } catch (error) {
    if (!isFlaghoistError(error)) throw error
    return { line: error.message, isFault: true }
  }
}
