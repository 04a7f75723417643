import { createHmac, randomUUID } from 'node:crypto'
import { createDelivery } from '../delivery-queue.ts'
import type { EventRecord, EventSink } from './event-sink.ts'

export interface WebhookSinkOptions {
  readonly url: string
  /** `whsec_` and base64. */
  readonly secret: string
  readonly onTrouble: (error: unknown, dropped: number) => void
}

const TIMEOUT_MS = 10_000

/**
 * Posts records to a URL, signed; whatever is not answered with 2xx within 10 s is sent again under
 * the same id.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhookSink({ url, secret, onTrouble }: WebhookSinkOptions): EventSink {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  let last: { readonly first: EventRecord; readonly count: number; readonly id: string } | undefined

  const post = async (records: readonly EventRecord[], signal: AbortSignal) => {
    // The same records again are the same message.
    const isAgain = last?.first === records[0] && last?.count === records.length
    if (!isAgain) last = { first: records[0]!, count: records.length, id: randomUUID() }
    const id = last!.id
    const timestamp = Math.floor(Date.now() / 1_000)
    const body = JSON.stringify({
      type: 'flaghoist.events',
      timestamp: new Date(timestamp * 1_000).toISOString(),
      data: records,
    })
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`)
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature.digest('base64')}`,
      },
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`it answered ${response.status}`)
  }
  return createDelivery({ deliver: post, onTrouble })
}
