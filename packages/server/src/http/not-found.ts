import type { FastifyInstance, HTTPMethods } from 'fastify'
import { problem } from '../errors.ts'
import type { RequestLimits } from './limits.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Reports the methods that a path supports, or that the path does not exist. */
export function handleNotFound(app: FastifyInstance, limits: RequestLimits): void {
  app.setNotFoundHandler((request, reply) => {
    limits.require(request, reply)
    const { method } = request
    const path = request.url.split('?')[0]!
    const allowed = METHODS.filter((one) => app.findRoute({ method: one, url: path }) !== null)
    const taken =
      allowed.length > 0
        ? allowed
        : METHODS.filter((one) => app.hasRoute({ method: one, url: path }))
    if (taken.length === 0) throw problem('ROUTE_NOT_FOUND', { method, path: path.slice(0, 200) })
    throw problem('METHOD_NOT_ALLOWED', { method, path, allowed: taken.join(', ') })
  })
}
