import { WEEKDAYS } from '@flaghoist/core/schema'
import { DAY_MS } from '../time.ts'
import { type Period, periodsWithin } from './periods.ts'
import { offsetSpans } from './zone-offsets.ts'

const HOUR_MINUTES = 60
const DAY_MINUTES = 24 * HOUR_MINUTES
/** Three days contain two starts, also where clocks change. */
const LOOKED_BACK_MS = 3 * DAY_MS

/**
 * Returns the last day that has ended, from a time of day to the same time of the next day. It has
 * 23 or 25 hours where the clocks change. A time that clocks skip counts as the end of the gap.
 *
 * @param time such as 08:00
 */
export function lastDay(time: string, zone: string, now: number): Period {
  // An hour, since clocks skip an hour at most: each day then has a part of it.
  const window = { weekly: { days: [...WEEKDAYS], from: time, to: hourAfter(time) } }
  const from = now - LOOKED_BACK_MS
  const starts = periodsWithin(window, zone, { from, to: now + 1 })
    .map((period) => period.from)
    // The first one may have begun before.
    .filter((start) => start > from)
  const [start, end] = starts.slice(-2)
  return { from: start!, to: end! }
}

/** Returns an instant as the clocks of a zone show it, such as 2026-11-26 08:00. */
export function localText(at: number, zone: string): string {
  const span = offsetSpans(zone, at, at).find(({ from, to }) => from <= at && at < to)
  return new Date(at + (span?.offset ?? 0)).toISOString().slice(0, 16).replace('T', ' ')
}

function hourAfter(time: string): string {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  const end = (hours * HOUR_MINUTES + minutes + HOUR_MINUTES) % DAY_MINUTES
  const digits = (value: number) => String(value).padStart(2, '0')
  return `${digits(Math.floor(end / HOUR_MINUTES))}:${digits(end % HOUR_MINUTES)}`
}
