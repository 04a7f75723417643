import type { FlaghoistError } from '@flaghoist/core'
import { defineErrors } from '@flaghoist/core/internal'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { JSON_TYPE } from '../http/json-type.ts'
import { logFailure } from '../http/log-requests.ts'
import { translate } from '../http/problem.ts'

/** The errors of remote evaluation. Most codes are those of OpenFeature. */
export const ofrepErrors = {
  PARSE_ERROR: {
    status: 400,
    message: 'The body is not an evaluation request: {problem}',
    hint: 'Send a JSON object with the evaluation context as "context".',
  },
  INVALID_CONTEXT: {
    status: 400,
    message: 'The evaluation context is invalid: {problem}',
    hint: 'Send fewer attributes with less nesting.',
  },
  TARGETING_KEY_MISSING: {
    status: 400,
    message: 'The targeting key must be text, but is {given}.',
    hint: 'Send the id of the subject as text, or omit targetingKey.',
  },
  FLAG_NOT_FOUND: {
    status: 404,
    message: 'There is no flag "{flag}" in {scope} for this key.',
    hint: 'Check the spelling. A client key receives only flags with clientVisible set to true.',
  },
  FLAG_BROKEN: {
    status: 400,
    message: '{problem}',
    hint: 'Fix the flag. Other flags are still served.',
  },
  STREAM_TOKEN_INVALID: {
    status: 401,
    message: 'The URL of this event stream has expired.',
    hint: 'Evaluate all flags again; the response contains a new URL.',
  },
} as const

export const ofrepProblem = defineErrors(ofrepErrors)

/** Our codes as OFREP clients know them; every other code becomes `GENERAL`. */
const KNOWN_CODES: Readonly<Record<string, string>> = {
  PARSE_ERROR: 'PARSE_ERROR',
  FLAG_BROKEN: 'PARSE_ERROR',
  INVALID_CONTEXT: 'INVALID_CONTEXT',
  BODY_TOO_LARGE: 'INVALID_CONTEXT',
  TARGETING_KEY_MISSING: 'TARGETING_KEY_MISSING',
  FLAG_NOT_FOUND: 'FLAG_NOT_FOUND',
}

/** In OFREP a 404 means the flag. A missing scope or project makes the request invalid. */
const NOT_A_FLAG: ReadonlySet<string> = new Set(['ENTITY_NOT_FOUND', 'PROJECT_NOT_FOUND'])

const OFREP_RETRY_SECONDS: Readonly<Record<number, number>> = { 429: 60, 503: 1 }

/** A failed evaluation in OFREP's format. `key` is the requested flag, for a single evaluation. */
export interface EvaluationFailure {
  readonly key?: string | undefined
  readonly errorCode: string
  readonly errorDetails: string
}

export function failureOf(error: FlaghoistError, key: string | undefined): EvaluationFailure {
  const errorCode = KNOWN_CODES[error.code] ?? 'GENERAL'
  return { key, errorCode, errorDetails: `${error.message} ${error.hint}` }
}

/** The error handler of the OFREP routes: the usual errors in OFREP's format. */
export function handleOfrepError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = translate(error, request)
  const status = NOT_A_FLAG.has(known.code) ? 400 : known.status
  logFailure(request, reply.code(status), known, error)

  const seconds = OFREP_RETRY_SECONDS[status]
  if (seconds !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', seconds)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  const { key } = (request.params ?? {}) as { key?: string }
  return reply.header('content-type', JSON_TYPE).send(JSON.stringify(failureOf(known, key)))
}
