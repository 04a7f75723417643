import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Key, Name, Scope } from './keys.ts'
import { strict } from './strict.ts'
import { LocalTime } from './window.ts'

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
  'daily-report',
] as const

/** Severities of notices, from the lowest to the highest. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const

/** The time of the daily report of a subscription. */
export const DailyReportTime = strict({
  at: LocalTime.meta({ description: 'Time of day at which the report is sent', example: '08:00' }),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .meta({ description: 'Time zone, a name of the IANA database', example: 'Europe/Zurich' }),
  onQuietDays: z.boolean().meta({
    description: 'True sends a report also if nothing happened and nothing is in progress',
    example: false,
  }),
}).meta({
  id: 'DailyReportTime',
  description: 'Time of the daily report, and whether it is sent on quiet days',
  example: { at: '08:00', timeZone: 'Europe/Zurich', onQuietDays: false },
})

export const DEFAULT_DAILY_REPORT: DailyReportTime = {
  at: '08:00',
  timeZone: 'UTC',
  onQuietDays: false,
}

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
  dailyReport: DailyReportTime.optional().meta({
    description: 'Time of the daily report; by default 08:00 UTC, and not on quiet days',
    example: { at: '08:00', timeZone: 'Europe/Zurich', onQuietDays: false },
  }),
  perMinute: z.int().min(1).max(60).meta({
    description: 'Messages per minute, 1 to 60; further notices are combined into one message',
    example: 10,
  }),
  enabled: z.boolean().meta({ description: 'False stops all messages', example: true }),
}).meta({ id: 'Subscription', description: 'Receiver of notices' })

export type DailyReportTime = z.infer<typeof DailyReportTime>
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]
export type Severity = (typeof SEVERITIES)[number]
export type Subscription = z.infer<typeof Subscription>
