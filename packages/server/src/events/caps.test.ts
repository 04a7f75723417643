import { describe, expect, test } from 'vitest'
import { type CappedKey, createCaps } from './caps.ts'

const MINUTE_MS = 60_000
const limits = { eventsPerMinute: 10, cellsPerMinute: 3 }

function given() {
  let clock = 0
  const told: CappedKey[] = []
  const caps = createCaps(
    () => clock,
    (capped) => told.push(capped),
  )
  const report = (events: number, { keyId = 'k', flag = 'theme', cell = 'dark' } = {}) =>
    caps.admits(keyId, limits, { flag, cell: () => cell, events })
  const wait = (ms: number) => {
    clock += ms
  }
  return { report, wait, told, capped: (...ids: string[]) => caps.capped(new Set(ids)) }
}

describe('what a key may report', () => {
  test('is so much of a flag in a minute, and no more', () => {
    const { report, wait } = given()

    expect([report(6), report(5), report(4), report(1)]).toEqual([true, false, true, false])
    expect([report(10, { flag: 'other' }), report(10, { keyId: 'l' })]).toEqual([true, true])
    wait(MINUTE_MS)
    expect(report(10)).toBe(true)
  })

  test('is of so many different things in a minute', () => {
    const { report, wait } = given()

    for (const cell of ['a', 'b', 'c']) expect(report(1, { cell })).toBe(true)
    expect(report(1, { cell: 'd' })).toBe(false)
    expect(report(1, { cell: 'a', flag: 'other' })).toBe(false)
    expect(report(1, { cell: 'a' })).toBe(true)
    wait(MINUTE_MS)
    expect(report(1, { cell: 'd' })).toBe(true)
  })

  test('is told of once a minute, and for a day with how much was dropped', () => {
    const { report, wait, told, capped } = given()
    for (const events of [11, 12]) report(events)
    expect(told).toEqual([{ keyId: 'k', flag: 'theme', dropped: 11, at: 0 }])

    wait(MINUTE_MS)
    report(11)
    report(99, { keyId: 'l' })

    expect(told).toHaveLength(3)
    expect(capped('k')).toEqual([{ keyId: 'k', flag: 'theme', dropped: 34, at: MINUTE_MS }])
    expect(capped('k', 'l')).toHaveLength(2)
    wait(25 * 60 * MINUTE_MS)
    expect(capped('k', 'l')).toEqual([])
  })
})
