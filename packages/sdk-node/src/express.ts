/** Feature flags in Express, and in whatever calls `(request, response, next)`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ScopedFlags } from '@flaghoist/client'
import { type RequestOptions, requestScope } from './request-scope.ts'

declare global {
  namespace Express {
    interface Request {
      /** Flags of whoever the request comes from. */
      readonly flags: ScopedFlags
    }
  }
}

export type { RequestOptions } from './request-scope.ts'

/** Options of {@link flaghoist}. */
export type ExpressFlagsOptions<Request> = RequestOptions<Request>

/**
 * Gives each request the flags of whoever it comes from, as `request.flags`, and as `flags.current()` wherever its handlers call. A request
 * that has asked for a flag reports its latency (metric `latency`, ms), or, with a status of 500 or above, a failure: no line of yours is needed.
 *
 * @example
 * app.use(flaghoist({ flags, context: (request) => ({ targetingKey: request.user.id }) }))
 * app.get('/', (request, response) => response.send(request.flags.isEnabled('new-home') ? newHome() : oldHome()))
 */
export function flaghoist<Request extends IncomingMessage = IncomingMessage>(
  options: ExpressFlagsOptions<Request>,
): (request: Request, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const startedAt = performance.now()
    const scope = requestScope(options, request)
    Object.defineProperty(request, 'flags', { get: () => scope.flags, configurable: true })
    // Not told for a client that has gone before the answer: that is nobody's failure.
    response.once('finish', () => scope.end(response.statusCode, performance.now() - startedAt))
    options.flags.run(() => scope.flags, next)
  }
}
