/** Feature flags in Fastify. */
import type { ScopedFlags } from '@flaghoist/client'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import { type RequestOptions, type RequestScope, requestScope } from './request-scope.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Flags of whoever the request comes from. */
    readonly flags: ScopedFlags
  }
}

export type { RequestOptions } from './request-scope.ts'

/** Options of {@link flaghoist}. */
export type FastifyFlagsOptions = RequestOptions<FastifyRequest>

const plugin: FastifyPluginCallback<FastifyFlagsOptions> = (app, options, done) => {
  const scopes = new WeakMap<FastifyRequest, RequestScope>()
  const scopeOf = (request: FastifyRequest): RequestScope => {
    const scope = scopes.get(request) ?? requestScope(options, request)
    scopes.set(request, scope)
    return scope
  }

  app.decorateRequest('flags', {
    getter(this: FastifyRequest) {
      return scopeOf(this).flags
    },
  })
  app.addHook('onRequest', (request, _reply, next) => {
    options.flags.run(() => scopeOf(request).flags, next)
  })
  app.addHook('onResponse', (request, { statusCode, elapsedTime }, next) => {
    scopes.get(request)?.end(statusCode, elapsedTime)
    next()
  })
  done()
}

/**
 * Gives each request the flags of whoever it comes from, as `request.flags`, and as `flags.current()` wherever its handlers call. A request
 * that has asked for a flag reports its latency (metric `latency`, ms), or, with a status of 500 or above, a failure: no line of yours is needed.
 *
 * @example
 * app.register(flaghoist, { flags, context: (request) => ({ targetingKey: request.user.id }) })
 * app.get('/', (request) => (request.flags.isEnabled('new-home') ? newHome() : oldHome()))
 */
export const flaghoist: FastifyPluginCallback<FastifyFlagsOptions> = Object.assign(plugin, {
  // Holds for the whole app, not for the plugin's own routes alone.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@flaghoist/node',
})
