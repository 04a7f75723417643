import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'

const BODY_HEADERS = ['content-length', 'content-type']

type HeadArgument = string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined

/**
 * A response that describes no body if its status allows none. Fastify sets a length for HEAD, and
 * the CORS plugin for a preflight. A client that believes it waits for a body that never comes.
 */
export class BodilessResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  override writeHead(status: number, ...rest: HeadArgument[]): this {
    // The statuses whose responses have no body: RFC 9110, sections 15.3.5 and 15.4.5.
    if (status !== 204 && status !== 304) return super.writeHead(status, ...(rest as []))
    for (const name of BODY_HEADERS) this.removeHeader(name)
    return super.writeHead(status, ...(rest.map(withoutBodyHeaders) as []))
  }
}

function withoutBodyHeaders(argument: HeadArgument): HeadArgument {
  if (typeof argument !== 'object' || Array.isArray(argument)) return argument
  const isOfBody = (name: string) => BODY_HEADERS.includes(name.toLowerCase())
  if (!Object.keys(argument).some(isOfBody)) return argument
  return Object.fromEntries(Object.entries(argument).filter(([name]) => !isOfBody(name)))
}
