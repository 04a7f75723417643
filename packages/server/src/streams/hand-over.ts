import type { FastifyReply } from 'fastify'
import type { OpenStream, StreamHub, StreamTarget } from './hub.ts'

/**
 * Passes the response of a request to the hub, with the headers that hooks have set.
 * @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING`
 */
export function handOver<T extends StreamTarget, P>(
  hub: StreamHub<T, P>,
  reply: FastifyReply,
  stream: Omit<OpenStream<T, P>, 'response' | 'headers'>,
): FastifyReply {
  hub.open({ ...stream, response: reply.raw, headers: reply.getHeaders() })
  return reply.hijack()
}
