import { EVERYWHERE } from '@flaghoist/core/model'
import { Instant, Key, Name, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { InstantQuery } from '../http/request-schemas.ts'

/** The longest time of one request. */
export const MAX_DAYS = 400

export const CalendarQuery = strict({
  scope: Scope.refine((scope) => scope !== EVERYWHERE, {
    message:
      'A calendar belongs to an environment, or to an instance in one such as "production/acme".',
  }).meta({ description: 'Environment, or instance in one', example: 'production' }),
  from: InstantQuery.meta({ description: 'Start, ISO 8601 in UTC; by default now' }),
  to: InstantQuery.meta({
    description: `End, exclusive, ISO 8601 in UTC; by default 30 days after \`from\`, at most ${MAX_DAYS}`,
  }),
})

const period = {
  from: Instant.meta({
    description: 'Start, ISO 8601 in UTC; that of the calendar if it began earlier',
    example: '2026-11-20T15:00:00Z',
  }),
  to: Instant.meta({
    description: 'End, exclusive, ISO 8601 in UTC; that of the calendar if it ends later',
    example: '2026-11-23T07:00:00Z',
  }),
}

export const Calendar = z
  .object({
    scope: Scope.meta({ description: 'Scope of the calendar', example: 'production/acme' }),
    timeZone: z.string().meta({
      description: 'Time zone of the instance; `UTC` for an environment',
      example: 'Europe/Zurich',
    }),
    from: period.from.meta({ description: 'Start of the calendar, ISO 8601 in UTC' }),
    to: period.to.meta({ description: 'End of the calendar, exclusive, ISO 8601 in UTC' }),
    freezes: z
      .array(
        z.object({
          key: Key.meta({ description: 'Key of the freeze', example: 'weekend' }),
          name: Name.meta({ example: 'Weekend' }),
          ...period,
        }),
      )
      .meta({ description: 'Periods in which a freeze is in force, in order of their starts' }),
    businessHours: z.array(z.object(period)).optional().meta({
      description:
        'Periods of the business hours, in order; absent if rollouts may advance at any hour',
    }),
  })
  .meta({ id: 'Calendar', description: 'Freezes and business hours of a scope as periods' })
