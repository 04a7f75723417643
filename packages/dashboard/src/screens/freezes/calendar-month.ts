import type { Schema } from '../../api/client.ts'
import { clock } from '../../parts/format.ts'
import { inZone } from '../../parts/time-zone.ts'
import { instantAt } from '../../parts/zone-clock.ts'

export type Calendar = Schema<'Calendar'>

interface Period {
  readonly from: string
  readonly to: string
}

/** A period of a calendar on one day. */
export interface DayEntry {
  readonly name: string
  /** Its part of the day, such as `from 16:00`. */
  readonly times: string
}

/** A day of a month in the time zone of the screen. */
export interface CalendarDay {
  /** Its number in the month, from 1. */
  readonly date: number
  /** Epoch ms of its start and its end. */
  readonly start: number
  readonly end: number
  readonly freezes: readonly DayEntry[]
  readonly hours: readonly DayEntry[]
}

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/
const DAYS_OF_WEEK = 7
const YEAR_MONTH_DAY = inZone({ dateStyle: 'short' }, 'sv')

/** Returns the month of an instant in the time zone of the screen, such as `2026-11`. */
export function monthOf(time: number): string {
  return YEAR_MONTH_DAY(time).slice(0, 'YYYY-MM'.length)
}

/** Returns the month of a text such as `2026-11`; that of an instant for any other text. */
export function monthFrom(text: string | undefined, now: number): string {
  return text !== undefined && MONTH.test(text) ? text : monthOf(now)
}

/** Returns the month that is some months later, or earlier for a negative number. */
export function monthAfter(month: string, months: number): string {
  return monthOf(startOf(month, months))
}

/** Returns the month as a period, as the API expects it. */
export function periodOf(month: string): Period {
  return {
    from: new Date(startOf(month)).toISOString(),
    to: new Date(startOf(month, 1)).toISOString(),
  }
}

/** Returns the weeks of a month, Monday first; undefined stands for days of other months. */
export function weeksOf(
  month: string,
  { freezes, businessHours = [] }: Pick<Calendar, 'freezes' | 'businessHours'>,
): readonly (readonly (CalendarDay | undefined)[])[] {
  const days: (CalendarDay | undefined)[] = []
  const [year, number] = numbersOf(month)
  const first = new Date(Date.UTC(year, number - 1, 1))
  const last = new Date(Date.UTC(year, number, 0))
  for (let empty = (first.getUTCDay() + 6) % DAYS_OF_WEEK; empty > 0; empty--) days.push(undefined)
  // Midnights of the zone: a day of a change of clocks has 23 or 25 hours.
  for (let date = 1; date <= last.getUTCDate(); date++) {
    const day = {
      start: instantAt(Date.UTC(year, number - 1, date)),
      end: instantAt(Date.UTC(year, number - 1, date + 1)),
    }
    days.push({
      date,
      ...day,
      freezes: freezes.flatMap((freeze) => entryOn(day, freeze, freeze.name)),
      hours: businessHours.flatMap((hours) => entryOn(day, hours, 'Business hours')),
    })
  }
  while (days.length % DAYS_OF_WEEK > 0) days.push(undefined)
  return Array.from({ length: days.length / DAYS_OF_WEEK }, (_, week) =>
    days.slice(week * DAYS_OF_WEEK, (week + 1) * DAYS_OF_WEEK),
  )
}

function entryOn(
  { start, end }: Pick<CalendarDay, 'start' | 'end'>,
  period: Period,
  name: string,
): readonly DayEntry[] {
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)]
  if (to <= start || from >= end) return []
  return [{ name, times: timesText(from > start ? from : undefined, to < end ? to : undefined) }]
}

/** Returns the part of a day between two instants; undefined stands for its start or its end. */
function timesText(from: number | undefined, to: number | undefined): string {
  const [start, end] = [from, to].map((time) => time && clock(time))
  if (start && end) return `${start} to ${end}`
  if (start) return `from ${start}`
  return end ? `until ${end}` : 'all day'
}

/** Returns the start of a month in the time zone of the screen, epoch ms. */
function startOf(month: string, after = 0): number {
  const [year, number] = numbersOf(month)
  return instantAt(Date.UTC(year, number - 1 + after, 1))
}

/** Returns the year and the number of a month such as `2026-11`. */
function numbersOf(month: string): readonly [year: number, number: number] {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return [year, number]
}
