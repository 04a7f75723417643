import { z } from 'zod'
import { strict } from './strict.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const Weekday = z.enum(WEEKDAYS)

export const LocalTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time of day is written as 00:00 to 23:59.')

const LocalDateTime = z
  .string()
  .regex(
    /^20\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d$/,
    'A local date-time is written as 2026-11-20T08:00, without a zone; its year is 2000 to 2099.',
  )
  .refine((text) => isDate(text.slice(0, 10)), 'This day does not exist in the calendar.')

const MonthDay = z
  .string()
  .regex(/^\d\d-\d\d$/, 'A day of the year is written as month-day, such as 12-24.')
  // A leap year has all days.
  .refine((text) => isDate(`2000-${text}`), 'This day does not exist in the calendar.')

const daysAndTimes = {
  days: z
    .array(Weekday)
    .min(1)
    .max(WEEKDAYS.length)
    .meta({ description: 'Days of the week on which it starts', example: ['mon', 'tue'] }),
  from: LocalTime.meta({ description: 'Time of day of the start', example: '09:00' }),
  to: LocalTime.meta({
    description: 'Time of day of the end, exclusive; the next day if it is not after `from`',
    example: '17:00',
  }),
}

/** The hours of the week in which rollouts of an instance advance. */
export const BusinessHours = strict(daysAndTimes).meta({
  id: 'BusinessHours',
  description: 'Days and times of the week, in the time zone of the instance',
  example: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' },
})

const Once = strict({
  from: LocalDateTime.meta({
    description: 'Local date and time of the start',
    example: '2026-11-26T18:00',
  }),
  to: LocalDateTime.meta({
    description: 'Local date and time of the end, exclusive',
    example: '2026-12-01T08:00',
  }),
})

const Weekly = strict({
  ...daysAndTimes,
  toDay: Weekday.optional().meta({
    description: 'Day of the week of the end, for a window of several days',
    example: 'mon',
  }),
})

const Yearly = strict({
  from: MonthDay.meta({ description: 'First day, as month-day', example: '12-20' }),
  to: MonthDay.meta({
    description: 'Last day, inclusive, as month-day; the next year if it is before `from`',
    example: '01-06',
  }),
})

/** The local times at which a freeze applies. */
export const Window = z
  .union([
    strict({
      once: Once.meta({
        description: 'One period',
        example: { from: '2026-11-26T18:00', to: '2026-12-01T08:00' },
      }),
    }),
    strict({
      weekly: Weekly.meta({
        description: 'Times of each week',
        example: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' },
      }),
    }),
    strict({
      yearly: Yearly.meta({
        description: 'Days of each year',
        example: { from: '12-20', to: '01-06' },
      }),
    }),
  ])
  .meta({
    id: 'Window',
    description: 'Local times: one period, times of each week, or days of each year',
    example: { weekly: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' } },
  })

export type BusinessHours = z.infer<typeof BusinessHours>
export type Window = z.infer<typeof Window>
export type WeeklyWindow = z.infer<typeof Weekly>
export type Weekday = z.infer<typeof Weekday>

/** Checks that a date exists: `Date` moves 02-30 into March. */
function isDate(text: string): boolean {
  const at = Date.parse(`${text}T00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
