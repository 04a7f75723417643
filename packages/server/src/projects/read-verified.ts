import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { createPause } from '../pause.ts'
import type { ChangeLog, LogHead, LogPosition } from '../stores/change-log.ts'
import { verify } from './chain.ts'

const PAGE = 500

/**
 * Reads a log from a position to its end, in pages, and verifies that each change follows the
 * previous one.
 * @throws {FlaghoistError} `LOG_CORRUPT`
 */
export async function* readVerified(
  log: ChangeLog,
  project: string,
  { seq, hash }: LogPosition,
): AsyncGenerator<readonly Change[]> {
  const last = { seq, hash }
  const pause = createPause()
  for (;;) {
    const changes = await log.read(project, last.seq, PAGE)
    for (const change of changes) {
      await pause()
      verify(project, change, last)
      last.seq = change.seq
      last.hash = change.hash
    }
    yield changes
    if (changes.length < PAGE) return
  }
}

/**
 * Verifies that a log was read to its end.
 * @param seq number of the last change that was read
 * @param after head after the read, if the log could grow meanwhile
 * @throws {FlaghoistError} `LOG_CORRUPT` if the log ends elsewhere than its head says;
 * `COPY_UNFINISHED`
 */
export function verifyEnd(before: LogHead, seq: number, after: LogHead = before): void {
  if (seq === before.version || (seq > before.version && seq <= after.version)) return
  const { version, project } = seq < before.version ? before : after
  if (version === 0) throw problem('COPY_UNFINISHED', { project })
  const reason = `the log holds ${seq} changes, but ${version} were acknowledged.`
  throw problem('LOG_CORRUPT', { project, seq: Math.min(seq, version) + 1, problem: reason })
}
