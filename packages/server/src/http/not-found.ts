import type { FlaghoistError } from '@flaghoist/core'
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import { problem } from '../errors.ts'
import type { RequestLimits } from './limits.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const MAX_SHOWN = 200

/**
 * Reports the methods that a path supports, or that the path does not exist. Responds before the
 * body is read, so that its defects do not hide the wrong route.
 */
export function handleNotFound(app: FastifyInstance, limits: RequestLimits): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    limits.require(request, reply)
    const { method } = request
    const url = request.url.split('?')[0]!
    const allowed = METHODS.filter((one) => app.findRoute({ method: one, url }) !== null)
    if (allowed.length === 0) throw routeNotFound(request)
    reply.header('allow', allowed.join(', '))
    const path = shownPath(request)
    throw problem('METHOD_NOT_ALLOWED', { method, path, allowed: allowed.join(', ') })
  })
}

/** Returns the problem of a path that does not exist. */
export function routeNotFound(request: FastifyRequest): FlaghoistError {
  return problem('ROUTE_NOT_FOUND', { method: request.method, path: shownPath(request) })
}

function shownPath({ originalUrl }: FastifyRequest): string {
  return originalUrl.split('?')[0]!.slice(0, MAX_SHOWN)
}
