import type { FastifyBaseLogger } from 'fastify'
import { pino, stdTimeFunctions } from 'pino'
import type { Config } from '../config.ts'

/** The log of a server. */
export type Log = FastifyBaseLogger

/** Creates a log that writes JSON lines to the standard output. */
export function createLog(level: Config['logLevel']): Log {
  return pino({
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  })
}

/**
 * Errors of libraries have more members, such as the arguments of a command or the bytes of a
 * request. They may be secret.
 */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause, code } = error as NodeJS.ErrnoException
  return {
    type: name,
    message,
    ...(code !== undefined && { code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}
