import { randomBytes } from 'node:crypto'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { parseInTurns } from '../parse-in-turns.ts'
import { createPause } from '../pause.ts'
import type { LogHead, LogName, LogPosition } from './change-log.ts'

/** Returns a random epoch. */
export function newEpoch(): string {
  return randomBytes(8).toString('hex')
}

/**
 * Returns the head of the project's log.
 * @throws {FlaghoistError} `PROJECT_NOT_FOUND` if the project has no log, or another one
 */
export function requireLog<H extends LogHead>({ project, epoch }: LogName, head?: H): H {
  if (head?.epoch !== epoch) throw problem('PROJECT_NOT_FOUND', { project })
  return head
}

/**
 * Checks that a log has not moved.
 * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, `LOG_CONFLICT`
 */
export function requireHead(expected: LogHead, head: LogHead | undefined): void {
  const { version } = requireLog(expected, head)
  if (version === expected.version) return
  throw problem('LOG_CONFLICT', { project: expected.project, seq: expected.version + 1, version })
}

/** Returns the head that watchers of a deleted log receive. */
export function headOfDeleted({ project }: LogName): LogHead {
  return { project, epoch: '', version: 0 }
}

/**
 * Checks that a log ends with a change: a writer may know a change that the store has lost, and
 * that another change has replaced.
 *
 * @param endsWith returns true if the last change has a hash
 * @throws {FlaghoistError} `LOG_CONFLICT`
 */
export function requireEnd(
  { project, version }: LogHead,
  { seq, hash }: LogPosition,
  endsWith: (hash: string) => boolean,
): void {
  const isEnd = seq === version && (seq === 0 || endsWith(hash))
  if (!isEnd) throw problem('LOG_CONFLICT', { project, seq: seq + 1, version })
}

/** Returns the position before a change. */
export function positionBefore({ seq, previousHash }: Change): LogPosition {
  return { seq: seq - 1, hash: previousHash }
}

/** Returns the member of a stored change that has its hash. Strings escape quotation marks. */
export function hashMember(hash: string): string {
  return `"hash":"${hash}"`
}

/** A stored change, and the number that it is stored under. */
export interface ChangeText {
  readonly seq: number
  readonly change: string
}

/**
 * Parses stored changes, in turns of the event loop that are short. The hash chain proves their
 * content later: here each only has to be the change of its number.
 * @throws {FlaghoistError} `LOG_CORRUPT`
 */
export async function parseChanges(
  project: string,
  texts: readonly ChangeText[],
): Promise<readonly Change[]> {
  const pause = createPause()
  const changes: Change[] = []
  for (const text of texts) {
    changes.push(await parseChange(project, text))
    await pause()
  }
  return changes
}

async function parseChange(project: string, { seq, change: text }: ChangeText): Promise<Change> {
  try {
    const change = (await parseInTurns(text)) as Change
    if (change.seq === seq) return change
  } catch (error) {
    throw problem('LOG_CORRUPT', { project, seq, problem: 'it is not JSON.' }, { cause: error })
  }
  throw problem('LOG_CORRUPT', { project, seq, problem: 'it holds another change.' })
}
