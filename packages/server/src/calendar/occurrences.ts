import { WEEKDAYS, type Weekday, type WeeklyWindow, type Window } from '@flaghoist/core/schema'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import type { Period } from './periods.ts'

/** A window lasts a week at most, and its zone is at most a day from UTC. */
const DAYS_BEFORE = 9
/** Enough days to tell a window that never ends, see `GAPLESS_DAYS`. */
const DAYS_AFTER = 30
/** Leap days may be eight years apart. */
const YEARS_BEFORE = 2
const YEARS_AFTER = 9
const WEEK_MINUTES = 7 * 24 * 60
const DAY_MINUTES = 24 * 60

/**
 * Lists the occurrences of a window around an instant, in order of their starts. They are local
 * times in ms, as if the zone were UTC.
 */
export function occurrences(window: Window, at: number): Iterable<Period> {
  if ('weekly' in window) return weekly(window.weekly, at)
  if ('yearly' in window) return yearly(window.yearly, at)
  const { from, to } = window.once
  return [{ from: Date.parse(`${from}Z`), to: Date.parse(`${to}Z`) }]
}

function* weekly(window: WeeklyWindow, at: number): Iterable<Period> {
  const today = Math.floor(at / DAY_MS)
  for (let day = today - DAYS_BEFORE; day <= today + DAYS_AFTER; day += 1) {
    const weekday = weekdayOf(day)
    if (!window.days.includes(weekday)) continue
    const from = day * DAY_MS + minutesOf(window.from) * MINUTE_MS
    yield { from, to: from + lengthInMinutes(window, weekday) * MINUTE_MS }
  }
}

/** Returns the minutes until clocks next show the end of a window that starts on a weekday. */
function lengthInMinutes({ from, to, toDay }: WeeklyWindow, weekday: Weekday): number {
  const sameDay = minutesOf(to) - minutesOf(from)
  if (toDay === undefined) return sameDay > 0 ? sameDay : sameDay + DAY_MINUTES
  const days = WEEKDAYS.indexOf(toDay) - WEEKDAYS.indexOf(weekday)
  const minutes = days * DAY_MINUTES + sameDay
  return minutes > 0 ? minutes : minutes + WEEK_MINUTES
}

function* yearly({ from, to }: { from: string; to: string }, at: number): Iterable<Period> {
  const year = new Date(at).getUTCFullYear()
  for (let y = year - YEARS_BEFORE; y <= year + YEARS_AFTER; y += 1) {
    const first = dayIn(y, from)
    const last = dayIn(to < from ? y + 1 : y, to)
    const end = last.exists ? last.at + DAY_MS : last.at
    if (first.at < end) yield { from: first.at, to: end }
  }
}

/** Returns the start of a day; of March 1 for February 29 in a common year. */
function dayIn(year: number, monthDay: string): { at: number; exists: boolean } {
  const [month = 1, day = 1] = monthDay.split('-').map(Number)
  const at = Date.UTC(year, month - 1, day)
  return { at, exists: new Date(at).getUTCDate() === day }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** Day 0 of the epoch was a Thursday, the day with the index 3. */
function weekdayOf(day: number): Weekday {
  return WEEKDAYS[(((day + 3) % 7) + 7) % 7]!
}
