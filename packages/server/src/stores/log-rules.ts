import { randomBytes } from 'node:crypto'
import { problem } from '../errors.ts'
import type { LogHead } from './change-log.ts'

/** Returns a random epoch. */
export function newEpoch(): string {
  return randomBytes(8).toString('hex')
}

/** Returns the head of a log. @throws {FlaghoistError} `PROJECT_NOT_FOUND` without one */
export function requireLog<H extends LogHead>(project: string, head: H | undefined): H {
  if (head === undefined) throw problem('PROJECT_NOT_FOUND', { project })
  return head
}

/** Checks a change's number. @throws {FlaghoistError} `LOG_CONFLICT` unless it is the next one */
export function requireNextSeq({ project, version }: LogHead, seq: number): void {
  if (seq !== version + 1) throw problem('LOG_CONFLICT', { project, seq, version })
}
