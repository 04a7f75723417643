import type { FastifyInstance, RouteOptions } from 'fastify'
import { problems } from './problem.ts'

/**
 * Declares the failures that every route of a plugin has in common, so that the API reference lists
 * them. Routes declare only those of their own.
 */
export function declareCommonFailures(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.schema === undefined || route.schema.hide) return
    const response = { ...problems(...commonStatuses(route)), ...(route.schema.response as object) }
    route.schema = { ...route.schema, response }
  })
}

function commonStatuses({ schema, url, validatorCompiler }: RouteOptions): number[] {
  const { body, params, querystring } = schema!
  // A route that validates for itself declares what it refuses.
  const isValidated = validatorCompiler === undefined
  const hasInput = body !== undefined || params !== undefined || querystring !== undefined
  return [
    401,
    403,
    429,
    503,
    ...(url.includes(':') ? [404] : []),
    ...(isValidated && hasInput ? [400] : []),
    ...(isValidated && body !== undefined ? [413, 415] : []),
  ]
}
