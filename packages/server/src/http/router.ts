import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** Handles the requests that no direct route does. */
export interface Router {
  route(request: IncomingMessage, response: ServerResponse): void
  /**
   * Handles a request whose body has been read, because it leads to an error. The app sees the
   * request as it came.
   */
  replay(request: IncomingMessage, body: Buffer, response: ServerResponse): void
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
    route: (request, response) => withApp(({ routing }) => routing(request, response)),
    replay: (request, body, response) =>
      withApp((loaded) => {
        inject(loaded, request, body)
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

function inject(app: FastifyInstance, request: IncomingMessage, payload: Buffer) {
  const { method, url, headers, socket } = request
  const { remoteAddress = '' } = socket
  return app.inject({ method: method as 'POST', url: url!, headers, payload, remoteAddress })
}
