import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { CountRequest } from '../telemetry/request-counts.ts'

/**
 * Sends the response to a usual request. Returns false or throws to leave it to the router, and has
 * read and counted nothing then.
 *
 * SDKs and load balancers send the same few requests again and again. Routing, hooks and validation
 * cost more than such a response itself. Every failure is the router's, so that errors, limits and
 * headers exist once.
 */
export type DirectRoute = (
  request: IncomingMessage,
  response: ServerResponse,
  send: SendDirectly,
) => boolean

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
  readonly count: CountRequest
  readonly isClosing: () => boolean
}

/** Puts direct routes in front of the router of an app. */
export function serveDirectly(
  app: FastifyInstance,
  { routes, count, isClosing }: DirectRoutesOptions,
): void {
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
  const isDirect = (request: IncomingMessage, response: ServerResponse) => {
    // The router adds the CORS headers of a page, and ends connections when the server closes.
    if (request.headers.origin !== undefined || isClosing()) return false
    try {
      return routes.some((route) => route(request, response, send))
    } catch {
      return false
    }
  }

  app.server.removeListener('request', app.routing)
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isDirect(request, response)) app.routing(request, response)
  })
}

/** Reads the body of a request; calls nothing if the client goes away before its end. */
export function readBody(request: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => done(Buffer.concat(chunks).toString()))
  // A connection that breaks is no error of the server.
  request.on('error', () => {})
}

/**
 * Lets the router answer a request whose body has been read, because its answer is an error. The
 * router sees the request as it came.
 */
export function replay(
  app: FastifyInstance,
  { method, url, headers, socket }: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  const { remoteAddress = '' } = socket
  app
    .inject({ method: method as 'POST', url: url!, headers, payload: body, remoteAddress })
    .then((answer) => {
      response.writeHead(answer.statusCode, answer.headers as OutgoingHttpHeaders)
      response.end(answer.rawPayload)
    })
    // The client sends its request again over a new connection.
    .catch(() => response.destroy())
}
