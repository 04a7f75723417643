import { defineErrors, type FlaghoistError } from '@flaghoist/core'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { translate } from '../http/problem.ts'

/** What remote evaluation refuses besides what every route does. Most codes are OpenFeature's own. */
export const ofrepErrors = {
  PARSE_ERROR: {
    status: 400,
    message: 'The body is not an evaluation request: {problem}',
    hint: 'Send a JSON object whose member "context" holds the evaluation context.',
  },
  INVALID_CONTEXT: {
    status: 400,
    message: 'The evaluation context cannot be used: {problem}',
    hint: 'Send fewer, flatter attributes.',
  },
  TARGETING_KEY_MISSING: {
    status: 400,
    message: 'The targeting key of the evaluation context is {given}, not text.',
    hint: 'Send the id of the subject as text, or leave targetingKey out.',
  },
  FLAG_NOT_FOUND: {
    status: 404,
    message: 'There is no flag "{flag}" in {scope} for this key.',
    hint: 'Check the spelling. A client key sees only flags that are visible to clients.',
  },
  FLAG_BROKEN: {
    status: 400,
    message: '{problem}',
    hint: 'Mend the flag. Other flags are served all the same.',
  },
  NOT_CAUGHT_UP: {
    status: 503,
    message: 'This server holds version {held}, and the request asks for version {wanted}.',
    hint: 'Ask again in a moment.',
  },
  STREAM_TOKEN_INVALID: {
    status: 401,
    message: 'The URL of this event stream is no longer valid.',
    hint: 'Evaluate all flags again; the answer names a new URL.',
  },
} as const

export const ofrepProblem = defineErrors(ofrepErrors)

/** Codes that OFREP clients know. Everything else is `GENERAL` to them. */
const KNOWN_CODES: Readonly<Record<string, string>> = {
  PARSE_ERROR: 'PARSE_ERROR',
  FLAG_BROKEN: 'PARSE_ERROR',
  INVALID_CONTEXT: 'INVALID_CONTEXT',
  BODY_TOO_LARGE: 'INVALID_CONTEXT',
  TARGETING_KEY_MISSING: 'TARGETING_KEY_MISSING',
  FLAG_NOT_FOUND: 'FLAG_NOT_FOUND',
}

/** A 404 of OFREP means the flag; when the scope or the project is missing, the request is wrong. */
const NOT_A_FLAG: ReadonlySet<string> = new Set(['ENTITY_NOT_FOUND', 'PROJECT_NOT_FOUND'])

const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 429: 60, 503: 1 }

/** The answer to an evaluation that failed, as OFREP has it. `key` is the flag asked for, if it was one. */
export interface EvaluationFailure {
  readonly key?: string | undefined
  readonly errorCode: string
  readonly errorDetails: string
}

export function failureOf(error: FlaghoistError, key: string | undefined): EvaluationFailure {
  const errorCode = KNOWN_CODES[error.code] ?? 'GENERAL'
  return { key, errorCode, errorDetails: `${error.message} ${error.hint}` }
}

/** Error handler of the OFREP routes: the same errors as everywhere, in OFREP's words. */
export function handleOfrepError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = translate(error, request)
  if (known.status >= 500 && known.code !== 'NOT_CAUGHT_UP')
    request.log.error({ err: error, code: known.code }, known.message)

  const status = NOT_A_FLAG.has(known.code) ? 400 : known.status
  const seconds = RETRY_AFTER_SECONDS[status]
  if (seconds !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', seconds)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  const { key } = (request.params ?? {}) as { key?: string }
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(failureOf(known, key)))
}
