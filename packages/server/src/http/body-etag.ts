import { createHash } from 'node:crypto'

/** Returns the digest of a response as its ETag, for one that depends on the time as well. */
export function bodyEtag(body: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  return `"${digest.slice(0, 22)}"`
}
