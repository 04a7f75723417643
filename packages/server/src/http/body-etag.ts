import { createHash } from 'node:crypto'
import { createPause } from '../pause.ts'

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
