import type { FastifyInstance, FastifyRequest } from 'fastify'

/** A body of any content type, as text. */
export interface RawBody {
  readonly text: string
  /** True if the body exceeds the limit; its text ends there. */
  readonly isTooLong: boolean
}

export const MAX_BODY_BYTES = 1024 * 1024

/** Lets the routes of a plugin accept every body: of any content type, any size, or none. */
export function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', async ({ headers }) => {
    // Fastify refuses a media type that it cannot parse, before any parser runs.
    delete headers['content-type']
  })
  app.addContentTypeParser('*', (_: FastifyRequest, body: AsyncIterable<Buffer>) => readBody(body))
}

/** Reads a body to its end, and keeps as much of it as the limit allows. */
async function readBody(body: AsyncIterable<Buffer>): Promise<RawBody> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
    bytes += chunk.length
  }
  return { text: Buffer.concat(chunks).toString(), isTooLong: bytes > MAX_BODY_BYTES }
}
