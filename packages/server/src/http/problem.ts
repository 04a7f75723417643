import { STATUS_CODES } from 'node:http'
import { type FlaghoistError, type Issue, isFlaghoistError } from '@flaghoist/core'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'

/** The answer to a request that failed: RFC 9457, with a stable code and what to do. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'Where the code is explained' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, with the values that caused it' }),
    code: z.string().meta({ description: 'Stable name of the problem', example: 'FLAG_NOT_FOUND' }),
    hint: z.string().meta({ description: 'What to do about it' }),
    requestId: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })

/** More say nothing new, and an answer is no larger than its request. */
const MOST_ISSUES = 20

/** When to try again what cannot be done now, unless whoever refused it knows better. */
const RETRY_AFTER_SECONDS = 5

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is not understood; `issues` says where.',
  401: 'No valid API key.',
  403: 'The key may not do this.',
  404: 'It does not exist, or the key may not see it.',
  409: 'It conflicts with what is there, or it was changed since it was read.',
  413: 'The request is too large.',
  422: 'The request is understood but its result would not be valid; `issues` says why.',
  429: 'Too many requests; `Retry-After` says how long to wait.',
  503: 'Not now; try again.',
}

/** Response schemas for the ways in which a route can fail. */
export function problems<const S extends number>(...statuses: S[]): Record<S, z.ZodType> {
  const entries = statuses.map((status) => [
    status,
    z.object(Problem.shape).describe(DESCRIPTIONS[status] ?? STATUS_CODES[status] ?? 'Problem'),
  ])
  return Object.fromEntries(entries)
}

/** The one place where errors become answers. */
export function handleError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = translate(error, request)
  if (known.status >= 500) request.log.error({ err: error, code: known.code }, known.message)
  return sendProblem(reply, request, known)
}

export function sendProblem(
  reply: FastifyReply,
  request: FastifyRequest,
  error: FlaghoistError,
): FastifyReply {
  const body: z.infer<typeof Problem> = {
    type: `/errors#${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    hint: error.hint,
    requestId: request.id,
    ...(error.issues.length === 0 ? {} : { issues: [...error.issues] }),
  }
  if (error.status === 503 || error.status === 429)
    reply.header('retry-after', reply.getHeader('retry-after') ?? RETRY_AFTER_SECONDS)
  // Past the serialiser: a route's response schemas are for its own answers.
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body)
}

/** Turns whatever was thrown into an error of ours; what is not known becomes `INTERNAL` and says nothing more. */
export function translate(error: FastifyError, request: FastifyRequest): FlaghoistError {
  if (isFlaghoistError(error)) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext ?? 'request'
    return invalid(
      error.validation.slice(0, MOST_ISSUES).map(({ instancePath, message }) => ({
        path: [where === 'body' ? '' : where, ...instancePath.split('/')].filter(Boolean).join('.'),
        message: message ?? 'is not valid',
      })),
    )
  }
  if (error.statusCode === 413) {
    const limit = request.routeOptions.bodyLimit ?? 0
    return problem('BODY_TOO_LARGE', { limit }, { cause: error })
  }
  if (error.statusCode !== undefined && error.statusCode < 500)
    return invalid([{ path: '', message: error.message }])
  return problem('INTERNAL', { requestId: request.id }, { cause: error })
}

function invalid(issues: readonly Issue[]): FlaghoistError {
  const [first] = issues
  const text = first === undefined ? '' : [first.path, first.message].filter(Boolean).join(': ')
  return problem('REQUEST_INVALID', { problem: text }, { issues })
}
