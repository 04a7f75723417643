import {
  DailyReportTime,
  DEFAULT_DAILY_REPORT,
  Instant,
  Key,
  NOTICE_EVENTS,
  SEVERITIES,
  Subscription,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { ProjectParams } from '../../http/request-schemas.ts'

export const SubscriptionParams = ProjectParams.extend({
  key: Key.meta({ description: 'Key of the subscription', example: 'ops' }),
})

export const DeliveryParams = SubscriptionParams.extend({
  delivery: z
    .string()
    .max(100)
    .meta({ description: 'Id of the delivery', example: 'msg_4cW9q83vEjRWeJCrze8SZm9vYmF' }),
})

const { name, channel, events, scopes, minSeverity, perMinute, enabled } = Subscription.shape

const { at, timeZone, onQuietDays } = DailyReportTime.shape

const DailyReport = strict({
  at: at.default(DEFAULT_DAILY_REPORT.at),
  timeZone: timeZone.default(DEFAULT_DAILY_REPORT.timeZone),
  onQuietDays: onQuietDays.default(DEFAULT_DAILY_REPORT.onQuietDays),
}).meta({ ...DailyReportTime.meta(), id: 'DailyReportRequest' })

const Url = z
  .url({ protocol: /^https?$/, error: 'A URL starts with https:// and has a host.' })
  .max(2_000)
  .meta({
    description:
      'URL of the incoming webhook; stored encrypted and never shown. Hosts must be public',
    example: 'https://chat.example/hooks/x9Yz',
  })

/** The members with defaults. */
const members = {
  name: name.optional(),
  events: events.optional(),
  minSeverity: minSeverity.optional(),
  dailyReport: DailyReport.optional().meta(Subscription.shape.dailyReport.meta()!),
  perMinute: perMinute.optional(),
  enabled: enabled.optional(),
}

export const SubscriptionInput = strict({
  key: Subscription.shape.key,
  channel,
  url: Url,
  scopes,
  ...members,
}).meta({
  id: 'SubscriptionRequest',
  description: 'Subscription to create',
  example: {
    key: 'ops',
    channel: 'mattermost',
    url: 'https://chat.example/hooks/x9Yz',
    events: ['rolled-back', 'held', 'killed'],
    scopes: ['production'],
  },
})

export const SubscriptionPatch = strict({
  url: Url.optional(),
  scopes: scopes.nullable(),
  rotateSecret: z.literal(true).optional().meta({
    description: 'Creates a new signing secret, which the response shows once; webhooks only',
  }),
  ...members,
}).meta({
  id: 'SubscriptionPatch',
  description: 'Members to change; `null` for `scopes` selects all scopes again',
  example: { minSeverity: 'warning' },
})

/** A subscription as the API shows it: without its secrets. */
export const ShownSubscription = Subscription.omit({ sealed: true }).meta({
  id: 'ShownSubscription',
  description: 'Receiver of notices, without its URL and its signing secret',
})

/** A subscription with a new signing secret. */
export const SubscriptionWithSecret = ShownSubscription.extend({
  secret: z.string().optional().meta({
    description: 'Signing secret of a webhook (Standard Webhooks); only this response shows it',
    example: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
  }),
  note: z.string().optional().meta({
    description: 'Reason why a retry does not show the secret',
    example: 'Only the first response shows the secret.',
  }),
})

export const TestedSubscription = z
  .object({
    delivered: z.boolean().meta({ description: 'True if the receiver accepted the message' }),
    status: z.int().optional().meta({ description: 'HTTP status of the receiver', example: 200 }),
    error: z.string().optional().meta({
      description: 'Reason of the failure',
      example: 'The receiver returned status 404.',
    }),
  })
  .describe('Result of the test message')

const State = z.enum(['pending', 'delivered', 'failed', 'skipped'])

export const DeliveryQuery = strict({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(100)
    .meta({ description: 'Deliveries to return, 1 to 1,000' }),
  state: State.optional().meta({ description: 'State of the deliveries; by default all' }),
})

export const ShownDelivery = z
  .object({
    id: z.string().meta({
      description: 'Id of the message; the `webhook-id` of a webhook',
      example: 'msg_4cW9q83vEjRWeJCrze8SZm9vYmF',
    }),
    event: z.enum(NOTICE_EVENTS).meta({ description: 'Event', example: 'rolled-back' }),
    severity: z.enum(SEVERITIES).meta({ description: 'Severity', example: 'critical' }),
    change: z.int().meta({ description: 'Number of the change', example: 812 }),
    at: Instant.meta({ description: 'Instant of the change, ISO 8601 in UTC' }),
    what: z.string().meta({
      description: 'Event in one sentence',
      example: 'Flaghoist rolled back "new-checkout" in production/acme.',
    }),
    state: State.meta({
      description:
        '`pending`, `delivered`, `failed` after the last attempt, or `skipped` because it was no longer true or the day was quiet',
      example: 'delivered',
    }),
    attempts: z.int().meta({ description: 'Attempts so far', example: 1 }),
    attemptedAt: Instant.optional().meta({
      description: 'Instant of the last attempt, ISO 8601 in UTC',
    }),
    dueAt: Instant.optional().meta({
      description: 'Earliest instant of the next attempt, ISO 8601 in UTC; absent if there is none',
    }),
    status: z
      .int()
      .optional()
      .meta({ description: 'HTTP status of the last attempt', example: 200 }),
    error: z.string().optional().meta({ description: 'Reason of the last failure' }),
  })
  .meta({ id: 'Delivery', description: 'Notice for one subscription, and its attempts' })

export type SubscriptionInput = z.infer<typeof SubscriptionInput>
export type SubscriptionPatch = z.infer<typeof SubscriptionPatch>
