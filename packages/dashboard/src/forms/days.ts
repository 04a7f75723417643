export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export type Weekday = (typeof WEEKDAYS)[number]

const YEAR_MONTH_DAY = new Intl.DateTimeFormat('sv', { dateStyle: 'short' })

/** Returns the last second of a day of a date field, in the time zone of the browser. */
export const endOfDay = (day: string): string => new Date(`${day}T23:59:59`).toISOString()

/** Returns the value of a date field, such as `2026-12-24`, for an instant; empty for none. */
export function dateField(instant: string | undefined): string {
  return instant === undefined ? '' : YEAR_MONTH_DAY.format(new Date(instant))
}
