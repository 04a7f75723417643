import { expect, test } from 'vitest'
import { lastDay, localText } from './day.ts'

const HOUR_MS = 3_600_000

const dayAt = (time: string, zone: string, now: string) => {
  const { from, to } = lastDay(time, zone, Date.parse(now))
  return [new Date(from).toISOString(), new Date(to).toISOString()]
}

test.for([
  [
    'at its end',
    '2026-11-26T07:00:00.000Z',
    ['2026-11-25T07:00:00.000Z', '2026-11-26T07:00:00.000Z'],
  ],
  [
    'before its end',
    '2026-11-26T06:59:59.999Z',
    ['2026-11-24T07:00:00.000Z', '2026-11-25T07:00:00.000Z'],
  ],
  [
    'long after it',
    '2026-11-27T06:00:00.000Z',
    ['2026-11-25T07:00:00.000Z', '2026-11-26T07:00:00.000Z'],
  ],
] as const)('the last day of Zurich is known %s', ([, now, expected]) => {
  expect(dayAt('08:00', 'Europe/Zurich', now)).toEqual(expected)
})

test.for([
  ['in spring has 23 hours', 'Europe/Zurich', '08:00', '2027-03-28T08:00:00Z', 23],
  ['in autumn has 25 hours', 'Europe/Zurich', '08:00', '2026-10-25T09:00:00Z', 25],
  [
    'of a zone that changes by half an hour has 23.5',
    'Australia/Lord_Howe',
    '08:00',
    '2026-10-04T00:00:00Z',
    23.5,
  ],
  [
    'that ends in the skipped hour ends with the gap',
    'Europe/Zurich',
    '02:30',
    '2027-03-28T03:00:00Z',
    23.5,
  ],
  [
    'that starts in the skipped hour starts with the gap',
    'Europe/Zurich',
    '02:30',
    '2027-03-29T03:00:00Z',
    23.5,
  ],
  [
    'that ends in the repeated hour ends at its first time',
    'Europe/Zurich',
    '02:30',
    '2026-10-25T03:00:00Z',
    24,
  ],
] as const)('a day with a change of clocks %s', ([, zone, time, now, hours]) => {
  const { from, to } = lastDay(time, zone, Date.parse(now))
  expect((to - from) / HOUR_MS).toBe(hours)
})

test('days follow each other without a gap through a year', () => {
  let { from: expected } = lastDay('02:30', 'Europe/Zurich', Date.parse('2026-01-01T12:00:00Z'))
  for (let at = Date.parse('2026-01-01T12:00:00Z'), i = 0; i < 365; at += 24 * HOUR_MS, i += 1) {
    const { from, to } = lastDay('02:30', 'Europe/Zurich', at)
    expect(from).toBe(expected)
    expected = to
  }
})

test('an instant is shown as the clocks of its zone show it', () => {
  const at = Date.parse('2026-11-26T07:05:00Z')
  expect(localText(at, 'Europe/Zurich')).toBe('2026-11-26 08:05')
  expect(localText(at, 'America/New_York')).toBe('2026-11-26 02:05')
})
