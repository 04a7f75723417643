import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type Begun, routeAsBegun } from './begun-requests.ts'

/** Handles the requests that no direct route does. */
export interface Router {
  /** @param begun state of a request that a direct route has begun */
  route(request: IncomingMessage, response: ServerResponse, begun?: Begun): void
  /**
   * Handles a request whose body has been read, because it leads to an error. The app sees the
   * request as it came.
   */
  replay(request: ReadRequest, response: ServerResponse, begun: Begun): void
}

/** A request whose body has been read. */
export interface ReadRequest {
  readonly request: IncomingMessage
  readonly body: Buffer
}

/** A router whose requests wait until it has an app. */
export interface LateRouter extends Router {
  /** Lets an app answer the requests that wait, and all later ones. */
  load(app: FastifyInstance): void
}

export function createRouter(): LateRouter {
  let app: FastifyInstance | undefined
  const waiting: ((app: FastifyInstance) => void)[] = []
  const withApp = (answer: (app: FastifyInstance) => void) => {
    if (app === undefined) waiting.push(answer)
    else answer(app)
  }
  return {
    route: (request, response, begun) =>
      withApp(({ routing }) => {
        if (begun === undefined) routing(request, response)
        else routeAsBegun(begun, () => routing(request, response))
      }),
    replay: (read, response, begun) =>
      withApp((loaded) => {
        routeAsBegun(begun, () => inject(loaded, read))
          .then((answer) => {
            response.writeHead(answer.statusCode, answer.headers as OutgoingHttpHeaders)
            response.end(answer.rawPayload)
          })
          // The client sends its request again over a new connection.
          .catch(() => response.destroy())
      }),
    load(loaded) {
      app = loaded
      for (const answer of waiting.splice(0)) answer(app)
    },
  }
}

/** Asynchronous, because Fastify injects a request only when its answer is awaited. */
async function inject(app: FastifyInstance, { request, body }: ReadRequest) {
  const { method, url, headers, socket } = request
  const { remoteAddress = '' } = socket
  const sent = { method: method as 'POST', url: url!, headers, payload: body, remoteAddress }
  return await app.inject(sent)
}
