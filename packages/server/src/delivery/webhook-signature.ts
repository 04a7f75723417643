import { createHmac } from 'node:crypto'

/** A message as its receiver gets it. */
export interface SignedMessage {
  /** The same for every attempt to deliver the message. */
  readonly id: string
  /** Time of the attempt, epoch seconds. */
  readonly timestamp: number
  readonly body: string
}

/**
 * Returns the headers that identify and sign a message.
 *
 * @param secret `whsec_` and base64
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(
  secret: string,
  { id, timestamp, body }: SignedMessage,
): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature.digest('base64')}`,
  }
}
