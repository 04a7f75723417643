import { hash } from 'node:crypto'

/** Returns the ETag of a response whose content depends on the time, not only on a version. */
export function bodyEtag(body: unknown): string {
  const digest = hash('sha256', JSON.stringify(body), 'base64url').slice(0, 22)
  return `"${digest}"`
}
