import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import { ServerResponse } from './node-http.ts'

const BODY_HEADERS = ['content-length', 'content-type']

type HeadArgument = string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined

/**
 * A response that describes no body if its status allows none. Fastify sets a length for HEAD, and
 * the CORS plugin for a preflight. A client that believes it waits for a body that never comes.
 */
export class BodilessResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  override writeHead(status: number, reason?: HeadArgument, headers?: HeadArgument): this {
    // The statuses whose responses have no body: RFC 9110, sections 15.3.5 and 15.4.5.
    if (status !== 204 && status !== 304)
      return super.writeHead(status, reason as string, headers as OutgoingHttpHeaders)
    for (const name of BODY_HEADERS) this.removeHeader(name)
    const [first, second] = [withoutBodyHeaders(reason), withoutBodyHeaders(headers)]
    return super.writeHead(status, first as string, second as OutgoingHttpHeaders)
  }
}

function withoutBodyHeaders(argument: HeadArgument): HeadArgument {
  if (typeof argument !== 'object' || Array.isArray(argument)) return argument
  for (const name in argument)
    if (isOfBody(name))
      return Object.fromEntries(Object.entries(argument).filter(([name]) => !isOfBody(name)))
  return argument
}

function isOfBody(name: string): boolean {
  return BODY_HEADERS.some((one) => one.length === name.length && one === name.toLowerCase())
}
