import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  ServerResponse,
} from 'node:http'
import type { CountRequest } from '../telemetry/request-counts.ts'
import type { Router } from './router.ts'

/**
 * Sends the response to a usual request. Returns false or throws to leave it to the router, and has
 * read and counted nothing then. Returns a promise to be called once more after it.
 *
 * SDKs and load balancers send the same few requests again and again. Routing, hooks and validation
 * cost more than such a response itself. Every failure is the router's, so that errors, limits and
 * headers exist once.
 */
export type DirectRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  send: SendDirectly,
) => boolean | Promise<void>

/** Sends a whole response of a route in one write, and counts it. */
export type SendDirectly = (route: string, response: ServerResponse, answer: DirectAnswer) => void

/** A whole response. */
export interface DirectAnswer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body?: string | Buffer | undefined
  /** Length of the body, bytes. @default counted */
  readonly bytes?: number
}

export interface DirectRoutesOptions {
  readonly routes: readonly DirectRoute[]
  readonly router: Router
  readonly count: CountRequest
  readonly isClosing: () => boolean
}

/** Returns a listener of requests that tries direct routes before the router. */
export function directRoutes({
  routes,
  router,
  count,
  isClosing,
}: DirectRoutesOptions): RequestListener {
  const send: SendDirectly = (route, response, { status, headers, body, bytes }) => {
    if (body === undefined) response.writeHead(status, headers).end()
    else {
      // Without a length, Node would send the body in chunks.
      const length = bytes ?? Buffer.byteLength(body)
      headers['content-length'] = length
      // Node writes Latin-1 without a conversion. The bytes of a text in ASCII are the same.
      response.writeHead(status, headers).end(body, length === body.length ? 'latin1' : 'utf8')
    }
    count(response.req.method!, route, status)
  }
  const tryDirectly = (request: IncomingMessage, response: ServerResponse) => {
    // The router adds the CORS headers of a page, and ends connections when the server closes.
    if (request.headers.origin !== undefined || isClosing()) return false
    try {
      for (const route of routes) {
        const outcome = route(request, response, send)
        if (outcome !== false) return outcome
      }
      return false
    } catch {
      return false
    }
  }
  const answerAfter = async (
    preparation: Promise<void>,
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    await preparation.catch(() => undefined)
    if (tryDirectly(request, response) !== true) router.route(request, response)
  }

  return (request, response) => {
    const outcome = tryDirectly(request, response)
    if (outcome === false) router.route(request, response)
    else if (outcome !== true) void answerAfter(outcome, request, response)
  }
}

/** Reads the body of a request; calls nothing if the client goes away before its end. */
export function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
  // A connection that breaks is no error of the server.
  request.on('error', () => {})
}

/** A body without a length, or one that is too long, is the router's. */
export function isBodyWithin({ headers }: IncomingMessage, bytes: number): boolean {
  return Number(headers['content-length'] ?? Infinity) <= bytes
}
