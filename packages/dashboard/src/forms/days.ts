import { inZone } from '../parts/time-zone.ts'
import { instantAt } from '../parts/zone-clock.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export type Weekday = (typeof WEEKDAYS)[number]

const DAY_MS = 86_400_000
const SECOND_MS = 1_000
const YEAR_MONTH_DAY = inZone({ dateStyle: 'short' }, 'sv')

/** Returns the last second of a day of a date field, in the time zone of the screen. */
export const endOfDay = (day: string): string =>
  new Date(instantAt(Date.parse(`${day}T00:00:00Z`) + DAY_MS) - SECOND_MS).toISOString()

/** Returns the value of a date field, such as `2026-12-24`, for an instant; empty for none. */
export function dateField(instant: string | undefined): string {
  return instant === undefined ? '' : YEAR_MONTH_DAY(instant)
}
