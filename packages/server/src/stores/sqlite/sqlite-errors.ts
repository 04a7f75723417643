import { type FlaghoistError, isFlaghoistError } from '@flaghoist/core'
import { problem } from '../../errors.ts'

/** Primary result codes of SQLite. */
const [ERROR, PERM, BUSY, LOCKED, READONLY] = [1, 3, 5, 6, 8]
const [CORRUPT, FULL, CANTOPEN, NOTADB] = [11, 13, 14, 26]

/** Runs work on the database. @throws {FlaghoistError} see {@link storeError} */
export function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeError(error)
  }
}

/**
 * Turns an error of SQLite into `STORE_FULL`, `STORE_READ_ONLY`, `STORE_DAMAGED` or
 * `STORE_UNAVAILABLE`; keeps any other error.
 */
export function storeError(error: unknown): unknown {
  const code = resultCode(error)
  if (code === undefined) return error
  const details = { cause: error }
  const text = textOf(error)
  if (code === FULL) return problem('STORE_FULL', {}, details)
  if (code === READONLY) return problem('STORE_READ_ONLY', { problem: text }, details)
  if (code === CORRUPT || code === NOTADB)
    return problem('STORE_DAMAGED', { problem: text }, details)
  return problem('STORE_UNAVAILABLE', { problem: text }, details)
}

/** Returns true for an error of {@link storeError}. A quota makes one that is not `STORE_FULL`. */
export function isStoreProblem(error: unknown): boolean {
  return isFlaghoistError(error) && error.code.startsWith('STORE_')
}

/** Turns an error that prevented a data folder from being opened into one with a code. */
export function openingError(error: unknown, folder: string): FlaghoistError {
  if (isFlaghoistError(error)) return error
  const details = { cause: error }
  if (isLocked(error)) return problem('STORE_LOCKED', { folder }, details)
  if (resultCode(error) === ERROR || resultCode(error) === NOTADB)
    return problem('STORE_FOREIGN', { problem: textOf(error) }, details)
  if (resultCode(error) === CANTOPEN)
    return problem('STORE_UNAVAILABLE', { problem: `${textOf(error)}, ${folder}` }, details)
  if (isFull(error)) return problem('STORE_FULL', {}, details)
  const known = storeError(error)
  if (isFlaghoistError(known)) return known
  return problem('STORE_UNAVAILABLE', { problem: textOf(error) }, details)
}

/** Returns a phrase for an error: that of SQLite, or one that names the path. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const phrase = FILE_PROBLEMS[codeOf(error) ?? '']
  return phrase === undefined ? error.message : `${phrase}, ${'path' in error && error.path}`
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  EEXIST: 'a file is in the place of the folder',
  ENOTDIR: 'a file is in the place of a folder',
  ENOENT: 'the path cannot be created',
}

/** Returns true for the error of a database that another process has locked. */
export function isLocked(error: unknown): boolean {
  return [BUSY, LOCKED].includes(resultCode(error) ?? 0)
}

/** Returns true for the error of a file or folder that this process may not write. */
export function isWriteRefused(error: unknown): boolean {
  if ([PERM, READONLY, CANTOPEN].includes(resultCode(error) ?? 0)) return true
  return REFUSALS.includes(codeOf(error) ?? '')
}

const REFUSALS = ['EACCES', 'EPERM', 'EROFS']

/** Returns true for the error of a file that cannot grow, because there is no space or a quota. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '')
}

/** Returns the code of an error of Node.js. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

/** Returns SQLite's primary result code; undefined for an error that is not SQLite's. */
function resultCode(error: unknown): number | undefined {
  if (codeOf(error) !== 'ERR_SQLITE_ERROR') return undefined
  // The low byte is the primary code.
  return (error as { errcode: number }).errcode & 0xff
}
