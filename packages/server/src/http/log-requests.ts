import type { FlaghoistError } from '@flaghoist/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { traceIdOf } from '../telemetry/trace-requests.ts'
import type { Principal } from './principal.ts'

/**
 * Returns the id of each request to its client, and logs the responses of the router at level
 * `debug`. {@link logFailure} logs those of failed requests.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  if (app.log.level !== 'debug') return
  app.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode < 400) request.log.debug(describe(request, reply), 'Request answered')
  })
}

/**
 * Logs a failed request once, with its code. A failure of the server has level `error` and its
 * cause. One of the caller has level `info` and no text, because the text repeats values of the
 * request.
 */
export function logFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  { code, message, status }: FlaghoistError,
  cause: unknown,
): void {
  const fields = { ...describe(request, reply), code }
  if (status >= 500) request.log.error({ ...fields, err: cause }, message)
  else request.log.info(fields, 'Request refused')
}

/** Names the pattern of the route, because a path may hold any text. */
function describe(request: FastifyRequest, reply: FastifyReply) {
  return {
    method: request.method,
    route: request.routeOptions.url ?? 'none',
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    key: (request as { principal?: Principal }).principal?.keyId,
    traceId: traceIdOf(request),
  }
}
