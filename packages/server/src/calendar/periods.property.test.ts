import { WEEKDAYS, type WeeklyWindow, type Window } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import { periodsWithin, phaseAt } from './periods.ts'

/** Zones, and days near which their clocks change: north, south, by half an hour, at midnight. */
const CHANGES = [
  ['Europe/Zurich', '2026-03-29'],
  ['Europe/Zurich', '2026-10-25'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Australia/Adelaide', '2026-10-04'],
  ['America/Santiago', '2026-09-06'],
  ['America/Santiago', '2026-04-05'],
  ['Atlantic/Azores', '2026-10-25'],
  ['Pacific/Chatham', '2026-09-27'],
  ['Asia/Kolkata', '2026-06-15'],
] as const

/** Days of clock readings before and after a change, and the days of them that are compared. */
const READ_DAYS = 15
const COMPARED_DAYS = 5

/** The readings of the clocks of a zone, minute by minute, as if they were UTC. */
function readClocks([zone, day]: (typeof CHANGES)[number]) {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
  const change = Date.parse(`${day}T00:00Z`)
  const start = change - READ_DAYS * DAY_MS
  const readings = Array.from({ length: (2 * READ_DAYS * DAY_MS) / MINUTE_MS }, (_, i) =>
    Date.parse(`${format.format(start + i * MINUTE_MS).replace(' ', 'T')}Z`),
  )
  const from = change - COMPARED_DAYS * DAY_MS
  const days = new Set(readings.map(dayOf))
  return { zone, start, readings, days, from, to: change + COMPARED_DAYS * DAY_MS }
}

const dayOf = (reading: number) => Math.floor(reading / DAY_MS) * DAY_MS

const CLOCKS = CHANGES.map(readClocks)
type Clocks = (typeof CLOCKS)[number]

const textOf = (reading: number) => new Date(reading).toISOString()
const weekdayOf = (reading: number) => WEEKDAYS[(new Date(reading).getUTCDay() + 6) % 7]!

/** Lists the readings between which a window applies, by waiting for its end minute by minute. */
function* readingsOf(window: Window, { days }: Clocks): Iterable<readonly [number, number]> {
  if ('once' in window) yield [Date.parse(`${window.once.from}Z`), Date.parse(`${window.once.to}Z`)]
  for (const day of days) {
    if ('weekly' in window && window.weekly.days.includes(weekdayOf(day))) {
      const from = Date.parse(`${textOf(day).slice(0, 11)}${window.weekly.from}Z`)
      yield [from, endOf(window.weekly, from)]
    }
    if ('yearly' in window && isOnDay(window.yearly, textOf(day).slice(5, 10)))
      yield [day, day + DAY_MS]
  }
}

function endOf({ to, toDay }: WeeklyWindow, from: number): number {
  const time = Date.parse(`1970-01-01T${to}Z`)
  let end = from + MINUTE_MS
  while (end % DAY_MS !== time || (toDay && weekdayOf(end) !== toDay)) end += MINUTE_MS
  return end
}

const isOnDay = ({ from, to }: { from: string; to: string }, day: string) =>
  from <= to ? from <= day && day <= to : from <= day || day <= to

/** Marks each minute from the first to the last reading of each occurrence. */
function expectedMinutes(window: Window, clocks: Clocks): readonly boolean[] {
  const { readings, start } = clocks
  const marked = readings.map(() => false)
  for (const [from, to] of readingsOf(window, clocks)) {
    const found: number[] = []
    // No zone is a day or more from UTC.
    const end = Math.min(readings.length, (to + DAY_MS - start) / MINUTE_MS)
    for (let i = Math.max(0, (from - DAY_MS - start) / MINUTE_MS); i < end; i += 1)
      if (from <= readings[i]! && readings[i]! < to) found.push(i)
    if (found.length > 0) marked.fill(true, found[0], found.at(-1)! + 1)
  }
  const offset = (clocks.from - start) / MINUTE_MS
  return marked.slice(offset, offset + (clocks.to - clocks.from) / MINUTE_MS)
}

function foundMinutes(window: Window, { zone, from, to }: Clocks): readonly boolean[] {
  const marked = Array.from({ length: (to - from) / MINUTE_MS }, () => false)
  for (const period of periodsWithin(window, zone, { from, to }))
    marked.fill(true, (period.from - from) / MINUTE_MS, (period.to - from) / MINUTE_MS)
  return marked
}

/** The minutes at which a mark changes. */
const changesOf = (marked: readonly boolean[]) =>
  marked.flatMap((mark, i) => (mark === (marked[i - 1] ?? false) ? [] : [i]))

/** Times on a grid of quarters of an hour coincide with changes of clocks often. */
const time = fc
  .tuple(fc.constantFrom(0, 1, 2, 3, 9, 22, 23), fc.constantFrom(0, 15, 30, 45, 59))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
const weekday = fc.constantFrom(...WEEKDAYS)

const windowsNear = ({ from }: Clocks): fc.Arbitrary<Window> => {
  const day = fc.integer({ min: 0, max: 2 * COMPARED_DAYS }).map((days) => from + days * DAY_MS)
  const date = day.map((at) => textOf(at).slice(0, 10))
  const monthDay = date.map((text) => text.slice(5))
  return fc.oneof(
    fc
      .record(
        {
          days: fc.uniqueArray(weekday, { minLength: 1 }),
          from: time,
          to: time,
          toDay: weekday,
        },
        { requiredKeys: ['days', 'from', 'to'] },
      )
      .map((weekly) => ({ weekly })),
    fc.record({ from: monthDay, to: monthDay }).map((yearly) => ({ yearly })),
    fc
      .uniqueArray(
        fc.tuple(date, time).map((parts) => parts.join('T')),
        { minLength: 2, maxLength: 2 },
      )
      .map((times) => times.sort())
      .map(([start, end]) => ({ once: { from: start!, to: end! } })),
  )
}
const cases = fc
  .constantFrom(...CLOCKS)
  .chain((clocks) => fc.record({ clocks: fc.constant(clocks), window: windowsNear(clocks) }))

test('a window applies from the first to the last minute that clocks show within it', () => {
  fc.assert(
    fc.property(cases, ({ clocks, window }) => {
      const expected = expectedMinutes(window, clocks)
      expect(changesOf(foundMinutes(window, clocks))).toEqual(changesOf(expected))
    }),
    { numRuns: 300 },
  )
})

test('a phase lasts until the next minute that differs', () => {
  fc.assert(
    fc.property(cases, fc.nat(), ({ clocks, window }, seed) => {
      const minutes = expectedMinutes(window, clocks)
      const i = seed % minutes.length
      const { isInside, until } = phaseAt(window, clocks.zone, clocks.from + i * MINUTE_MS)
      expect(isInside).toBe(minutes[i])
      const next = minutes.findIndex((minute, j) => j > i && minute !== minutes[i])
      const end = next < 0 ? clocks.to : clocks.from + next * MINUTE_MS
      expect(Math.min(until, clocks.to)).toBe(end)
    }),
    { numRuns: 300 },
  )
})
