import { expect, test } from 'vitest'
import { NOW } from '../../test/shop.ts'
import type { SeriesMinute } from '../stores/event-store.ts'
import { lastStageOf, stageFacts } from './last-stage.ts'

const HOUR_MS = 3_600_000
/** 08:00 UTC. */
const START = Date.parse(NOW)

/** Users of one hour, by an allocation, from an hour after the start of the stage on. */
function usersOf(revision: number, hour: number, exposed: number): SeriesMinute {
  const minute = START + hour * HOUR_MS
  const cell = { revision, arm: 'control', split: '', variant: 'off' } as const
  return { ...cell, minute, exposed, first: 0, outcomes: [] }
}

test('compares the users of a day with the best day of an earlier allocation', () => {
  const earlier = [usersOf(1, -40, 10), usersOf(1, -30, 30), usersOf(1, -3, 70), usersOf(2, -2, 60)]
  const rows = [...earlier, usersOf(3, 1, 50), usersOf(3, 20, 20), usersOf(3, 26, 20)]
  const facts = stageFacts(rows, START, START + 26 * HOUR_MS)

  expect(facts).toMatchObject({ hours: 26, users: 70, usualUsers: 70 })
  expect(lastStageOf(facts, []).partOfUsualUsers).toBe(1)
})

test.for([
  ['was among the hours', 21, true],
  ['was not among them', 20, false],
] as const)('tells that the busiest hour of the day %s', ([, hour, hadBusiestHour]) => {
  // 05:00 UTC.
  const rows = [usersOf(1, -4, 10), usersOf(1, -3, 70), usersOf(2, hour, 5)]

  expect(stageFacts(rows, START, START + 24 * HOUR_MS)).toMatchObject({
    busiestHour: 5,
    hadBusiestHour,
  })
})

test('expects nothing without an earlier allocation', () => {
  const facts = stageFacts([usersOf(1, 1, 5)], START, START + 24 * HOUR_MS)

  expect(lastStageOf(facts, [])).toMatchObject({ hadBusiestHour: true, partOfUsualUsers: 1 })
})
