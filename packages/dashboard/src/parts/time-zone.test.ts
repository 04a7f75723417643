import { afterEach, describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { dateField, endOfDay } from '../forms/days.ts'
import { clock, day, exact } from './format.ts'
import { setTimeZone } from './time-zone.ts'
import { instantAt, zoneOffset } from './zone-clock.ts'

afterEach(() => setTimeZone(''))

const INSTANT = '2026-11-20T23:30:15.250Z'
const HOUR_MS = 3_600_000
const SECOND_MS = 1_000

test.for([
  ['UTC', '20 Nov 2026, 23:30:15', '20 Nov 2026', '23:30', 0],
  ['Asia/Tokyo', '21 Nov 2026, 08:30:15', '21 Nov 2026', '08:30', 9],
  ['America/St_Johns', '20 Nov 2026, 20:00:15', '20 Nov 2026', '20:00', -3.5],
] as const)('in %s an instant is shown as %s', ([zone, text, date, time, hours]) => {
  setTimeZone(zone)
  expect([exact(INSTANT), day(INSTANT), clock(INSTANT)]).toEqual([text, date, time])
  expect(zoneOffset(Date.parse(INSTANT))).toBe(hours * HOUR_MS)
})

test('a name that the browser does not know stands for the zone of the browser', () => {
  const own = exact(INSTANT)
  setTimeZone('Asia/Kathmandu')
  expect(exact(INSTANT)).not.toBe(own)
  setTimeZone('Europe/Atlantis')
  expect(exact(INSTANT)).toBe(own)
})

const ZONES = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  // Its clocks skip midnight.
  'America/Santiago',
  // Its clocks change by half an hour.
  'Australia/Lord_Howe',
]
const zones = fc.constantFrom(...ZONES)
const times = fc.integer({ min: 0, max: 2_000_000_000 }).map((seconds) => seconds * SECOND_MS)

describe('the instant of a shown time', () => {
  test.for([
    ['of any day', 'Europe/Zurich', '2027-03-27T02:30', '2027-03-27T01:30:00.000Z'],
    [
      'that occurs twice is the first',
      'Europe/Zurich',
      '2027-10-31T02:30',
      '2027-10-31T00:30:00.000Z',
    ],
    ['that is skipped is later', 'Europe/Zurich', '2027-03-28T02:30', '2027-03-28T01:30:00.000Z'],
    [
      'that is skipped is later',
      'America/New_York',
      '2027-03-14T02:30',
      '2027-03-14T07:30:00.000Z',
    ],
    ['of a skipped midnight', 'America/Santiago', '2027-09-05T00:00', '2027-09-05T04:00:00.000Z'],
  ] as const)('%s in %s: %s', ([, zone, local, instant]) => {
    setTimeZone(zone)
    expect(new Date(instantAt(Date.parse(`${local}Z`))).toISOString()).toBe(instant)
  })

  test('is the first one at which the clock shows it', () => {
    fc.assert(
      fc.property(zones, times, (zone, time) => {
        setTimeZone(zone)
        const local = time + zoneOffset(time)
        const first = instantAt(local)
        expect(first).toBeLessThanOrEqual(time)
        expect(first + zoneOffset(first)).toBe(local)
      }),
    )
  })
})

test('the last second of a day is on that day, and the next second is not', () => {
  fc.assert(
    fc.property(zones, times, (zone, time) => {
      setTimeZone(zone)
      const date = dateField(new Date(time).toISOString())
      const end = endOfDay(date)
      expect(dateField(end)).toBe(date)
      expect(dateField(new Date(Date.parse(end) + SECOND_MS).toISOString())).not.toBe(date)
    }),
  )
})
