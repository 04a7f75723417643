/** Feature flags in Fastify. */
import type { ScopedFlags } from '@flaghoist/client'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import { type RequestOptions, type RequestScope, requestScope } from './request-scope.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Flags of the user of this request. */
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
 * A plugin that provides the flags of the user of each request, as `request.flags` and as
 * `flags.current()` in everything that its handlers call. A request that evaluated a flag records
 * its latency (metric `latency`, ms) or, with a status of 500 or above, a failure.
 *
 * @example
 * app.register(flaghoist, { flags, context: (request) => ({ targetingKey: request.user.id }) })
 * app.get('/', (request) => (request.flags.isEnabled('new-home') ? newHome() : oldHome()))
 */
export const flaghoist: FastifyPluginCallback<FastifyFlagsOptions> = Object.assign(plugin, {
  // Without it, the plugin would apply only to its own routes.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@flaghoist/node',
})
