import type { FastifyInstance, RouteOptions } from 'fastify'
import { z } from 'zod'
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

function commonStatuses({ method, schema, url, validatorCompiler }: RouteOptions): number[] {
  const { body, params, querystring, headers } = schema!
  // A route that validates for itself declares what it refuses.
  const isValidated = validatorCompiler === undefined
  const hasInput = body !== undefined || params !== undefined || querystring !== undefined
  // A body is read also where none is expected, so that none is lost silently.
  const readsBody = method !== 'GET' && method !== 'HEAD'
  return [
    401,
    403,
    429,
    503,
    ...(url.includes(':') ? [404] : []),
    ...(isValidated && hasInput ? [400] : []),
    ...(isValidated && readsBody ? [413, 415] : []),
    ...(headers !== undefined && canBeRetried(headers) ? [422] : []),
  ]
}

/** Checks for an `Idempotency-Key`, which cannot be used for another request. */
function canBeRetried(headers: unknown): boolean {
  return headers instanceof z.ZodObject && 'idempotency-key' in headers.shape
}
