import type { Subscription } from '@flaghoist/core/schema'
import { type GuardedPost, guardedPost, type PostResponse } from '../guarded-post.ts'
import { postWebhook } from '../post-webhook.ts'
import { mattermostBody } from './mattermost.ts'
import type { Message } from './message.ts'
import { slackBody } from './slack.ts'
import { teamsBody } from './teams.ts'

/** A receiver, with its secrets. */
export interface Receiver {
  readonly channel: Subscription['channel']
  readonly url: string
  /** Secret that signs webhooks; undefined for the other channels. */
  readonly secret?: string | undefined
}

export type SendOptions = Pick<GuardedPost, 'isTrustedHost' | 'signal'>

const BODIES = { slack: slackBody, teams: teamsBody, mattermost: mattermostBody } as const

/**
 * Sends a message in the form of the channel.
 * @throws {ForbiddenAddress}
 */
export function sendMessage(
  { channel, url, secret = '' }: Receiver,
  message: Message,
  options: SendOptions,
): Promise<PostResponse> {
  if (channel === 'webhook')
    return postWebhook({ url, secret, ...options }, message, options.signal)
  return guardedPost({
    ...options,
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(BODIES[channel](message)),
  })
}
