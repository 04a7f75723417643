import { randomBytes } from 'node:crypto'
import { problem } from '../errors.ts'
import type { LogHead } from './change-log.ts'

/** Returns a random epoch. */
export function newEpoch(): string {
  return randomBytes(8).toString('hex')
}

/** @throws {FlaghoistError} `PROJECT_NOT_FOUND` without a log */
export function requireLog<H extends LogHead>(project: string, head: H | undefined): H {
  if (head === undefined) throw problem('PROJECT_NOT_FOUND', { project })
  return head
}

/** @throws {FlaghoistError} `LOG_CONFLICT` unless the change follows the head */
export function requireNextSeq({ project, version }: LogHead, seq: number): void {
  if (seq !== version + 1) throw problem('LOG_CONFLICT', { project, seq, version })
}
