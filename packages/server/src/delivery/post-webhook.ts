import { signatureHeaders } from './webhook-signature.ts'

/** The receiver of signed messages. */
export interface WebhookTarget {
  readonly url: string
  /** `whsec_` and base64. */
  readonly secret: string
}

/** A message, before it is signed. */
export interface WebhookMessage {
  /** The same for every attempt, so that the receiver can ignore a repetition. */
  readonly id: string
  readonly type: string
  readonly data: unknown
}

const TIMEOUT_MS = 10_000

/**
 * Posts a message, signed after Standard Webhooks. Rejects unless the receiver returns a 2xx status
 * within 10 s; redirects are not followed.
 */
export async function postWebhook(
  { url, secret }: WebhookTarget,
  { id, type, data }: WebhookMessage,
  signal: AbortSignal,
): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000)
  const sentAt = new Date(timestamp * 1_000).toISOString()
  const body = JSON.stringify({ type, timestamp: sentAt, data })
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signatureHeaders(secret, { id, timestamp, body }),
    },
    body,
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the receiver returned status ${response.status}`)
}
