import { problem } from '../../errors.ts'

/** Primary result codes of SQLite: BUSY, LOCKED. */
const LOCKED = [5, 6]
const FULL = 13

/** Runs work on the database. @throws {FlaghoistError} `STORE_FULL`, `STORE_UNAVAILABLE` */
export function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeError(error)
  }
}

/** Turns an error of SQLite into `STORE_FULL` or `STORE_UNAVAILABLE`; keeps any other error. */
export function storeError(error: unknown): unknown {
  const code = resultCode(error)
  if (code === undefined) return error
  if (code === FULL) return problem('STORE_FULL', {}, { cause: error })
  return problem('STORE_UNAVAILABLE', { problem: String(error) }, { cause: error })
}

/** Returns true for the error of a database that another process has locked. */
export function isLocked(error: unknown): boolean {
  return LOCKED.includes(resultCode(error) ?? 0)
}

/** Returns SQLite's primary result code; undefined for an error that is not SQLite's. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR')
    return undefined
  // The low byte is the primary code.
  return Number('errcode' in error ? error.errcode : 0) & 0xff
}
