import { describe, expect, test } from 'vitest'
import { type CappedKey, createCaps } from './report-quota.ts'

const MINUTE_MS = 60_000
const limits = { eventsPerMinute: 10, cellsPerMinute: 3 }

function given() {
  let clock = 0
  const told: CappedKey[] = []
  const caps = createCaps(
    () => clock,
    (capped) => told.push(capped),
  )
  const allow = (keyId = 'k') => caps.allowance(keyId, limits)
  const reportOf = (
    events: number,
    { flag = 'theme', scope = 'production', cell = 'dark' } = {},
  ) => ({
    flag,
    scope,
    cell: () => cell,
    events,
  })
  const report = (
    events: number,
    { keyId, ...parts }: { keyId?: string; flag?: string; scope?: string; cell?: string } = {},
  ) => {
    const allowance = allow(keyId)
    const isAdmitted = allowance.admits(reportOf(events, parts))
    allowance.keep()
    return isAdmitted
  }
  const wait = (ms: number) => {
    clock += ms
  }
  const capped = (...ids: string[]) => caps.capped((id) => ids.includes(id))
  return { allow, reportOf, report, wait, told, capped }
}

describe('what a key may report', () => {
  test('is so much of a flag in a minute, and no more', () => {
    const { report, wait } = given()

    expect([report(6), report(5), report(4), report(1)]).toEqual([true, false, true, false])
    expect([report(10, { flag: 'other' }), report(10, { keyId: 'l' })]).toEqual([true, true])
    wait(MINUTE_MS)
    expect(report(10)).toBe(true)
  })

  test('is of so many different things of a flag and scope in a minute', () => {
    const { report, wait } = given()

    for (const cell of ['a', 'b', 'c']) expect(report(1, { cell })).toBe(true)
    expect(report(1, { cell: 'd' })).toBe(false)
    for (const other of [{ flag: 'other' }, { scope: 'staging' }, { keyId: 'l' }])
      expect(report(1, { cell: 'd', ...other })).toBe(true)
    expect(report(1, { cell: 'a' })).toBe(true)
    wait(MINUTE_MS)
    expect(report(1, { cell: 'd' })).toBe(true)
  })

  test('is not used up by a batch that had come before', () => {
    const { allow, reportOf, report, capped } = given()
    expect(report(6)).toBe(true)
    for (let i = 0; i < 3; i += 1) {
      const again = allow()
      expect([again.admits(reportOf(4)), again.admits(reportOf(1))]).toEqual([true, false])
      again.giveBack()
    }
    expect([report(4), capped('k')]).toEqual([true, []])
  })

  test('is told of once a minute, and for a day with how much was dropped', () => {
    const { report, wait, told, capped } = given()
    for (const events of [11, 12]) report(events)
    report(13, { flag: 'other' })
    expect(told).toEqual([{ keyId: 'k', flag: 'theme', dropped: 11, at: 0 }])

    wait(MINUTE_MS)
    report(11)
    report(99, { keyId: 'l' })

    expect(told).toHaveLength(3)
    expect(capped('k')).toEqual([
      { keyId: 'k', flag: 'theme', dropped: 34, at: MINUTE_MS },
      { keyId: 'k', flag: 'other', dropped: 13, at: 0 },
    ])
    expect(capped('k', 'l')).toHaveLength(3)
    wait(25 * 60 * MINUTE_MS)
    expect(capped('k', 'l')).toEqual([])
  })
})
