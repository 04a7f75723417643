import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Key, Name, Scope } from './keys.ts'
import { strict } from './strict.ts'

/** The events of a project that people can be notified of. */
export const NOTICE_EVENTS = [
  'rollout-started',
  'wave-opened',
  'rolled-back',
  'held',
  'quarantined',
  'safe-to-stop-watching',
  'rollout-ended',
  'killed',
  'restored',
  'freeze-overridden',
] as const

/** Severities of notices, from the lowest to the highest. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const

/** A receiver of notices, and the notices that it receives. */
export const Subscription = strict({
  key: Key.meta({ description: 'Key of the subscription', example: 'ops' }),
  name: Name.meta({ example: 'Operations channel' }),
  channel: z.enum(['slack', 'teams', 'mattermost', 'webhook']).meta({
    description:
      'Form of the messages: Slack, Microsoft Teams (Workflows), Mattermost, or a signed webhook',
    example: 'slack',
  }),
  target: z.string().max(300).meta({
    description: 'Host of the URL and its last four characters; the URL itself is never shown',
    example: 'hooks.slack.com/…x9Yz',
  }),
  sealed: z.string().max(10_000).meta({
    description: 'URL and signing secret, encrypted with the secret of the server',
    example: 'v1.q83vEjRWeJCrze8S.Zm9v',
  }),
  events: z
    .array(z.enum(NOTICE_EVENTS))
    .min(1)
    .max(NOTICE_EVENTS.length)
    .meta({
      description: 'Events that are sent',
      example: ['rolled-back', 'held', 'killed'],
    }),
  scopes: z
    .array(Scope)
    .min(1)
    .max(LIMITS.instances)
    .optional()
    .meta({
      description:
        'Scopes whose events are sent, also those of the scopes within and around them; by default all',
      example: ['production'],
    }),
  minSeverity: z.enum(SEVERITIES).meta({
    description: 'Lowest severity that is sent: info, warning or critical',
    example: 'info',
  }),
  perMinute: z.int().min(1).max(60).meta({
    description: 'Messages per minute, 1 to 60; further notices are combined into one message',
    example: 10,
  }),
  enabled: z.boolean().meta({ description: 'False stops all messages', example: true }),
}).meta({ id: 'Subscription', description: 'Receiver of notices' })

export type NoticeEvent = (typeof NOTICE_EVENTS)[number]
export type Severity = (typeof SEVERITIES)[number]
export type Subscription = z.infer<typeof Subscription>
