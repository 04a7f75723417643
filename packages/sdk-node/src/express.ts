/** Feature flags in Express, and in other frameworks with `(request, response, next)` handlers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ScopedFlags } from '@flaghoist/client'
import { type RequestOptions, requestScope } from './request-scope.ts'

declare global {
  namespace Express {
    interface Request {
      /** Flags of the user of this request. */
      readonly flags: ScopedFlags
    }
  }
}

export type { RequestOptions } from './request-scope.ts'

/** Options of {@link flaghoist}. */
export type ExpressFlagsOptions<Request> = RequestOptions<Request>

/**
 * Creates a middleware that provides the flags of the user of each request, as `request.flags` and
 * as `flags.current()` in everything that its handlers call. A request that evaluated a flag
 * records its latency (metric `latency`, ms) or, with a status of 500 or above, a failure.
 *
 * @example
 * app.use(flaghoist({ flags, context: (request) => ({ targetingKey: request.user.id }) }))
 * app.get('/', (request, response) => {
 *   response.send(request.flags.isEnabled('new-home') ? newHome() : oldHome())
 * })
 */
export function flaghoist<Request extends IncomingMessage = IncomingMessage>(
  options: ExpressFlagsOptions<Request>,
): (request: Request, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const startedAt = performance.now()
    const scope = requestScope(options, request)
    Object.defineProperty(request, 'flags', { get: () => scope.flags, configurable: true })
    // A client that disconnects before the response is not a failure, and emits no `finish`.
    response.once('finish', () => scope.end(response.statusCode, performance.now() - startedAt))
    options.flags.run(() => scope.flags, next)
  }
}
