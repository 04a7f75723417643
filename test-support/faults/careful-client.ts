import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ADMIN_KEY, PROJECT } from './admin.ts'

const RETRY_MS = 50
const TIMEOUT_MS = 5_000

export interface WriteRequest {
  readonly method: string
  /** Path in the project. */
  readonly path: string
  readonly body?: object | undefined
  /** Codes of errors that end the request as well. All others are thrown or retried. */
  readonly refusals?: readonly string[]
}

/** Sends a request to the admin API until it is acknowledged, as a careful client does. */
export async function write(
  url: string,
  { method, path, body, refusals = [] }: WriteRequest,
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${ADMIN_KEY}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    'idempotency-key': randomUUID(),
  }
  const sent = body === undefined ? null : JSON.stringify(body)
  for (;;) {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const request = { method, headers, body: sent, signal }
    const response = await fetch(`${url}${PROJECT}/${path}`, request).catch(() => undefined)
    if (response?.ok) return response
    const text = await response?.clone().text()
    if (refusals.some((code) => text?.includes(`"${code}"`))) return response!
    if (response !== undefined && ![409, 503].includes(response.status))
      throw new Error(`${method} ${path}: ${response.status} ${text}`)
    await sleep(RETRY_MS)
  }
}
