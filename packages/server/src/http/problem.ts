import { type FlaghoistError, isFlaghoistError } from '@flaghoist/core'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { getOrSet } from '../get-or-set.ts'
import { sizeText } from '../size-text.ts'
import { logFailure } from './log-requests.ts'
import { STATUS_CODES } from './node-http.ts'

/** The response to a failed request: a problem after RFC 9457, with a stable code and a hint. */
export const Problem = z
  .object({
    type: z.string().meta({
      description: 'Link to the explanation of the code',
      example: '/errors#ENTITY_NOT_FOUND',
    }),
    title: z.string().meta({ description: 'Name of the HTTP status', example: 'Not Found' }),
    status: z.int().meta({ description: 'HTTP status', example: 404 }),
    detail: z.string().meta({
      description: 'Description of the failure, with its values',
      example: 'There is no flag "new-checkout".',
    }),
    code: z
      .string()
      .meta({ description: 'Stable code of the problem', example: 'ENTITY_NOT_FOUND' }),
    hint: z.string().meta({
      description: 'Instruction for the caller',
      example: 'Check the spelling, or create it first.',
    }),
    requestId: z.string().meta({
      description: 'Id of the request in the server log',
      example: '0b7c6f4e-2a1d-4a57-9d0e-3f5b8c9a1e24',
    }),
    issues: z
      .array(
        z.object({
          path: z
            .string()
            .meta({ description: 'Path of the invalid member', example: 'layers.production' }),
          message: z.string().meta({
            description: 'Reason',
            example: 'Member "onn" is unknown. Did you mean "on"?',
          }),
        }),
      )
      .optional()
      .meta({ description: 'Invalid members' }),
  })
  .meta({ id: 'Problem', description: 'Failed request, a problem after RFC 9457' })

/** Content type of problems. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

const MAX_SHOWN = 100

/** Default of `Retry-After`. */
const RETRY_AFTER_SECONDS = 5

const DESCRIPTIONS: Record<number, string> = {
  400: 'Invalid request; `issues` names the members',
  401: 'No valid API key',
  403: 'Not permitted for this key',
  404: 'Not found, or not visible to this key',
  409: 'Conflict with the current state, or with a change since it was read',
  413: 'Request too large',
  422: 'Valid request with an invalid result; `issues` names the reasons',
  429: 'Too many requests; `Retry-After` holds the delay in seconds',
  503: 'Temporarily unavailable; retry later',
}

/** The response schemas of a route's failures. Routes share the schema of a status. */
export function problems<const S extends number>(...statuses: S[]): Record<S, z.ZodType> {
  const entries = statuses.map((status) => [
    status,
    getOrSet(SCHEMAS, status, () => {
      const description = DESCRIPTIONS[status] ?? STATUS_CODES[status] ?? 'Problem'
      return z.object(Problem.shape).describe(description)
    }),
  ])
  return Object.fromEntries(entries)
}

const SCHEMAS = new Map<number, z.ZodType>()

/** Turns every error of a route into a response. */
export function handleError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = translate(error, request)
  logFailure(request, reply.code(known.status), known, error)
  return sendProblem(reply, request, known)
}

export function sendProblem(
  reply: FastifyReply,
  request: FastifyRequest,
  error: FlaghoistError,
): FastifyReply {
  if (error.status === 503 || error.status === 429)
    reply.header('retry-after', reply.getHeader('retry-after') ?? RETRY_AFTER_SECONDS)
  // Bypasses the serialiser, because the schemas of a route describe its own responses.
  return reply
    .code(error.status)
    .header('content-type', PROBLEM_TYPE)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemBody(error, request.id))
}

/** The body of the response to a failed request. */
export function problemBody(error: FlaghoistError, requestId: string): z.infer<typeof Problem> {
  return {
    type: `/errors#${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    hint: error.hint,
    requestId,
    ...(error.issues.length === 0 ? {} : { issues: [...error.issues] }),
  }
}

/**
 * Translates any thrown value into a `FlaghoistError`; an unknown one becomes `INTERNAL` without
 * details.
 */
export function translate(error: FastifyError, request: FastifyRequest): FlaghoistError {
  if (isFlaghoistError(error)) return error
  if (error.statusCode === 413) return bodyTooLarge(request.routeOptions.bodyLimit ?? 0, error)
  if (error.statusCode === 415) return unsupportedType(request, error)
  if (error.statusCode !== undefined && error.statusCode < 500)
    return problem('REQUEST_INVALID', { problem: `${error.message}.` }, { cause: error })
  return problem('INTERNAL', { requestId: request.id }, { cause: error })
}

/** @param limit in bytes */
export function bodyTooLarge(limit: number, cause?: unknown): FlaghoistError {
  return problem('BODY_TOO_LARGE', { limit: sizeText(limit) }, { cause })
}

function unsupportedType({ headers }: FastifyRequest, cause: unknown): FlaghoistError {
  const given = headers['content-type']
  const type = given === undefined ? 'missing' : `"${given.slice(0, MAX_SHOWN)}"`
  return problem('CONTENT_TYPE_UNSUPPORTED', { type }, { cause })
}
