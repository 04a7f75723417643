import { createHash } from 'node:crypto'
import { canonicalJson } from '@flaghoist/core'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'

type Unsealed = Omit<Change, 'previousHash' | 'hash'>

/** Links a change to the one before it, so that nobody can edit, drop or reorder one unseen. */
export function seal(change: Unsealed, previousHash: string): Change {
  const linked = { ...change, previousHash }
  return { ...linked, hash: hashOf(linked) }
}

/**
 * Checks that a change continues a log.
 * @throws {FlaghoistError} `LOG_CORRUPT` that names the first change which does not fit
 */
export function verify(
  project: string,
  change: Change,
  expected: { seq: number; hash: string },
): void {
  const { hash, ...linked } = change
  const corrupt = (what: string) =>
    problem('LOG_CORRUPT', { project, seq: expected.seq + 1, problem: what })
  if (change.seq !== expected.seq + 1) throw corrupt(`change ${change.seq} stands there.`)
  if (change.previousHash !== expected.hash)
    throw corrupt('it does not follow the change before it.')
  if (hash !== hashOf(linked)) throw corrupt('its content is not what was written.')
}

function hashOf(linked: Omit<Change, 'hash'>): string {
  return createHash('sha256')
    .update(linked.previousHash + canonicalJson(linked))
    .digest('hex')
}
