import { isFlaghoistError } from '@flaghoist/core'
import { problem } from '../../errors.ts'

/** Turns an error of Redis or of its connection into `REDIS_UNAVAILABLE`; keeps one of ours. */
export function redisError(error: unknown): unknown {
  if (isFlaghoistError(error)) return error
  return problem('REDIS_UNAVAILABLE', { problem: textOf(error) }, { cause: error })
}

/** Returns a phrase for an error, without the period at its end. */
function textOf(error: unknown): string {
  const { name, message, code } = error as NodeJS.ErrnoException
  if (name === 'MaxRetriesPerRequestError') return 'there is no connection'
  // Errors of several addresses have a code and no message.
  return (message || code || String(error)).replace(/\.$/, '')
}

/** Returns true for the error of a script that the server does not have yet. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
