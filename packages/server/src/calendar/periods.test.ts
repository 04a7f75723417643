import type { Window } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { periodsWithin, phaseAt } from './periods.ts'

const HOUR_MS = 3_600_000
const at = (text: string) => Date.parse(text)
const short = (instant: number) => new Date(instant).toISOString().slice(0, 16)

/** The periods of a window within some days, as texts in UTC. */
function periods(window: Window, zone: string, [from, to]: readonly [string, string]) {
  const time = { from: at(`${from}T00:00Z`), to: at(`${to}T00:00Z`) }
  return periodsWithin(window, zone, time).map((one) => `${short(one.from)}/${short(one.to)}`)
}

const nightly = (from: string, to: string): Window => ({
  weekly: { days: ['sun'], from, to },
})
const SPRING = ['2026-03-28', '2026-03-31'] as const
const AUTUMN = ['2026-10-24', '2026-10-27'] as const

describe('in Zurich, where 02:00 to 03:00 is skipped in spring and shown twice in autumn, a window', () => {
  test.for([
    ['starts with the change if it starts in the missing hour', '02:30', '05:00', '01:00/03:00'],
    ['ends with the change if it ends in the missing hour', '01:00', '02:30', '00:00/01:00'],
  ])('%s', ([, from, to, expected]) => {
    const [start, end] = expected!.split('/')
    expect(periods(nightly(from!, to!), 'Europe/Zurich', SPRING)).toEqual([
      `2026-03-29T${start}/2026-03-29T${end}`,
    ])
  })

  test('does not occur if it lies in the missing hour', () => {
    expect(periods(nightly('02:15', '02:45'), 'Europe/Zurich', SPRING)).toEqual([])
  })

  test.for([
    ['starts at the first pass of the repeated hour', '02:30', '05:00', '00:30/04:00'],
    ['ends at the second pass of the repeated hour', '01:00', '02:30', '23:00/01:30'],
    ['spans both passes if it lies in the repeated hour', '02:15', '02:45', '00:15/01:45'],
    ['ends before the repeated hour if it ends at its start', '01:00', '02:00', '23:00/00:00'],
  ])('%s', ([, from, to, expected]) => {
    const [start, end] = expected!.split('/')
    const day = start === '23:00' ? '2026-10-24' : '2026-10-25'
    expect(periods(nightly(from!, to!), 'Europe/Zurich', AUTUMN)).toEqual([
      `${day}T${start}/2026-10-25T${end}`,
    ])
  })

  test.for([
    ['23', SPRING],
    ['25', AUTUMN],
  ] as const)('of a whole day has %s hours', ([hours, [from, to]]) => {
    const time = { from: at(`${from}T00:00Z`), to: at(`${to}T00:00Z`) }
    const [day] = periodsWithin(nightly('00:00', '00:00'), 'Europe/Zurich', time)
    expect(day!.to - day!.from).toBe(Number(hours) * HOUR_MS)
  })
})

test.for<[string, Window, string, readonly [string, string], string[]]>([
  [
    'from Friday to Monday is one period across the week’s end and the change of clocks',
    { weekly: { days: ['fri'], from: '16:00', to: '08:00', toDay: 'mon' } },
    'Europe/Zurich',
    ['2026-10-20', '2026-10-31'],
    ['2026-10-23T14:00/2026-10-26T07:00', '2026-10-30T15:00/2026-10-31T00:00'],
  ],
  [
    'of nights passes midnight',
    { weekly: { days: ['sun', 'mon'], from: '22:00', to: '04:00' } },
    'UTC',
    ['2026-11-22', '2026-11-25'],
    ['2026-11-22T22:00/2026-11-23T04:00', '2026-11-23T22:00/2026-11-24T04:00'],
  ],
  [
    'of days that touch is one period',
    { weekly: { days: ['sat', 'sun'], from: '00:00', to: '00:00' } },
    'UTC',
    ['2026-11-20', '2026-11-26'],
    ['2026-11-21T00:00/2026-11-23T00:00'],
  ],
  [
    'of the holidays passes new year',
    { yearly: { from: '12-20', to: '01-06' } },
    'Asia/Kathmandu',
    ['2026-12-01', '2027-02-01'],
    ['2026-12-19T18:15/2027-01-06T18:15'],
  ],
  [
    'of one leap day is absent in common years',
    { yearly: { from: '02-29', to: '02-29' } },
    'UTC',
    ['2026-01-01', '2029-01-01'],
    ['2028-02-29T00:00/2028-03-01T00:00'],
  ],
  [
    'in a zone south of the equator follows its own summer time',
    { weekly: { days: ['sun'], from: '02:15', to: '06:00' } },
    'Australia/Lord_Howe',
    ['2026-10-02', '2026-10-06'],
    ['2026-10-03T15:30/2026-10-03T19:00'],
  ],
  [
    'of a day that a zone has skipped does not occur',
    { once: { from: '2011-12-30T08:00', to: '2011-12-30T20:00' } },
    'Pacific/Apia',
    ['2011-12-28', '2012-01-02'],
    [],
  ],
  [
    'in a zone that this machine does not know counts as one in UTC',
    { once: { from: '2026-11-26T08:00', to: '2026-11-26T20:00' } },
    'Mars/Olympus',
    ['2026-11-26', '2026-11-27'],
    ['2026-11-26T08:00/2026-11-26T20:00'],
  ],
])('a window %s', ([, window, zone, time, expected]) => {
  expect(periods(window, zone, time)).toEqual(expected)
})

test.for<Window>([
  { weekly: { days: ['mon'], from: '09:00', to: '09:00', toDay: 'mon' } },
  { weekly: { days: ['mon', 'tue'], from: '06:00', to: '06:00', toDay: 'tue' } },
  { yearly: { from: '01-01', to: '12-31' } },
  { yearly: { from: '03-01', to: '02-29' } },
  {
    weekly: { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '00:00' },
  },
])('a window without a gap, %j, never ends', (window) => {
  expect(phaseAt(window, 'Europe/Zurich', at('2026-11-26T12:00Z'))).toEqual({
    isInside: true,
    until: Number.POSITIVE_INFINITY,
  })
})

test('a window whose gap clocks skip once ends at its next gap', () => {
  const window: Window = { weekly: { days: ['sun'], from: '03:00', to: '02:00', toDay: 'sun' } }
  expect(phaseAt(window, 'Europe/Zurich', at('2026-03-25T12:00Z'))).toEqual({
    isInside: true,
    until: at('2026-04-05T00:00Z'),
  })
})

test('a window of all days but the leap day ends in the next leap year', () => {
  const window: Window = { yearly: { from: '03-01', to: '02-28' } }
  expect(phaseAt(window, 'UTC', at('2026-11-26T12:00Z'))).toEqual({
    isInside: true,
    until: at('2028-02-29T00:00Z'),
  })
})

test('a single period that is over never applies again', () => {
  const window: Window = { once: { from: '2026-01-01T00:00', to: '2026-01-02T00:00' } }
  expect(phaseAt(window, 'UTC', at('2026-11-26T12:00Z'))).toEqual({
    isInside: false,
    until: Number.POSITIVE_INFINITY,
  })
})
