import { type GuardedPost, guardedPost, type PostResponse } from './guarded-post.ts'
import { signatureHeaders } from './webhook-signature.ts'

/** The receiver of signed messages. */
export interface WebhookTarget extends Pick<GuardedPost, 'url' | 'isTrustedHost'> {
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

/** Posts a message, signed after Standard Webhooks. */
export function postWebhook(
  { secret, ...target }: WebhookTarget,
  { id, type, data }: WebhookMessage,
  signal: AbortSignal,
): Promise<PostResponse> {
  const timestamp = Math.floor(Date.now() / 1_000)
  const sentAt = new Date(timestamp * 1_000).toISOString()
  const body = JSON.stringify({ type, timestamp: sentAt, data })
  const headers = {
    'content-type': 'application/json',
    ...signatureHeaders(secret, { id, timestamp, body }),
  }
  return guardedPost({ ...target, headers, body, signal })
}

/** Checks that a receiver has accepted a message. */
export function isAccepted({ status }: PostResponse): boolean {
  return status >= 200 && status < 300
}
