import type { FastifyReply } from 'fastify'
import type { OpenStream, StreamHub } from './hub.ts'

/**
 * Passes the response of a request to the hub, with the headers that hooks have set.
 * @throws {FlaghoistError} `STREAM_LIMIT`, `SERVER_CLOSING`
 */
export function handOver(
  hub: StreamHub,
  reply: FastifyReply,
  stream: Omit<OpenStream, 'response' | 'headers'>,
): FastifyReply {
  hub.open({ ...stream, response: reply.raw, headers: reply.getHeaders() })
  return reply.hijack()
}
