import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { createPause } from '../pause.ts'
import { matchesEtag } from './if-none-match.ts'

/**
 * Returns the ETag of a response whose content depends on the time, not only on a version. Hashes
 * its lists item by item, in turns of the event loop that are short.
 */
export async function bodyEtag(body: object): Promise<string> {
  const pause = createPause()
  const digest = createHash('sha256')
  for (const [name, member] of Object.entries(body)) {
    digest.update(`${name}\n`)
    for (const part of Array.isArray(member) ? member : [member]) {
      digest.update(`${JSON.stringify(part)}\n`)
      await pause()
    }
  }
  return `"${digest.digest('base64url').slice(0, 22)}"`
}

/** Sets the ETag of a body, and checks that the client holds it, who then receives a 304. */
export async function isHeldBody(
  body: object,
  headers: { readonly 'if-none-match'?: string | undefined },
  reply: Pick<FastifyReply, 'header'>,
): Promise<boolean> {
  const etag = await bodyEtag(body)
  reply.header('etag', etag)
  return matchesEtag(headers['if-none-match'], etag)
}
