import type { FastifyInstance, HTTPMethods } from 'fastify'
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
    const path = request.url.split('?')[0]!
    const named = request.originalUrl.split('?')[0]!.slice(0, MAX_SHOWN)
    const allowed = METHODS.filter((one) => app.findRoute({ method: one, url: path }) !== null)
    if (allowed.length === 0) throw problem('ROUTE_NOT_FOUND', { method, path: named })
    reply.header('allow', allowed.join(', '))
    throw problem('METHOD_NOT_ALLOWED', { method, path: named, allowed: allowed.join(', ') })
  })
}
