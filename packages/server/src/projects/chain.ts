import { createHash } from 'node:crypto'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { changeText } from '../stores/change-text.ts'

type Unsealed = Omit<Change, 'previousHash' | 'hash'>

/**
 * Links a change to the previous one, so that an edited, dropped or reordered change is detected.
 */
export function seal(change: Unsealed, previousHash: string): Change {
  const linked = { ...change, previousHash }
  return { ...linked, hash: hashOf(linked) }
}

/**
 * Verifies that a change continues a log.
 * @throws {FlaghoistError} `LOG_CORRUPT` names the first change that does not fit
 */
export function verify(
  project: string,
  change: Change,
  expected: { seq: number; hash: string },
): void {
  const { hash, ...linked } = change
  const corrupt = (reason: string) =>
    problem('LOG_CORRUPT', { project, seq: expected.seq + 1, problem: reason })
  if (change.seq !== expected.seq + 1)
    throw corrupt(`the log holds change ${change.seq} at this position.`)
  if (change.previousHash !== expected.hash)
    throw corrupt('its previous hash does not match the change before it.')
  if (hash !== hashOf(linked)) throw corrupt('its content does not match its hash.')
}

function hashOf(linked: Omit<Change, 'hash'>): string {
  return createHash('sha256')
    .update(linked.previousHash + changeText(linked))
    .digest('hex')
}
