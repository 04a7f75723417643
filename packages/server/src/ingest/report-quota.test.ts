import { describe, expect, test, vi } from 'vitest'
import type { QuotaExcess } from './quota-excesses.ts'
import { createReportQuota, type Reporter } from './report-quota.ts'

// Addresses share counters at random. These tests need those of their addresses to differ.
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomBytes: (size: number) => Buffer.alloc(size, 7),
}))

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const limits = {
  client: { eventsPerMinute: 10, cellsPerMinute: 3 },
  server: { eventsPerMinute: 15, cellsPerMinute: undefined },
}
const ADDRESS = '192.0.2.1'

function given() {
  let clock = 0
  let wall = 0
  const announced: QuotaExcess[] = []
  const clocks = { now: () => wall, elapsed: () => clock }
  const onExceeded = (excess: QuotaExcess) => announced.push(excess)
  const quota = createReportQuota({ limits, clocks, onExceeded })
  const open = (reporter: Partial<Reporter> = {}) =>
    quota.open({ keyId: 'k', address: ADDRESS, ...reporter })
  const itemOf = (
    events: number,
    { flag = 'theme', scope = 'production', cell = 'dark' } = {},
  ) => ({
    flag,
    scope,
    cell: { revision: 1, variant: cell },
    events,
  })
  const report = (
    events: number,
    {
      keyId = 'k',
      address = ADDRESS,
      ...services
    }: { keyId?: string; address?: string; flag?: string; scope?: string; cell?: string } = {},
  ) => {
    const reservation = open({ keyId, address })
    const isReserved = reservation.reserve(itemOf(events, services))
    reservation.commit()
    return isReserved
  }
  const wait = (ms: number) => {
    clock += ms
    wall += ms
  }
  /** Sets the wall clock. */
  const jump = (ms: number) => {
    wall += ms
  }
  const excesses = (...ids: string[]) => quota.excesses((id) => ids.includes(id))
  return { open, itemOf, report, wait, jump, announced, excesses }
}

describe('the report quota of a key', () => {
  test('limits the events of a flag per minute', () => {
    const { report, wait } = given()

    expect([report(6), report(5), report(4), report(1)]).toEqual([true, false, true, false])
    expect([report(10, { flag: 'other' }), report(10, { keyId: 'l' })]).toEqual([true, true])
    wait(MINUTE_MS)
    expect(report(10)).toBe(true)
  })

  test('limits the cells of a flag and scope per minute', () => {
    const { report, wait } = given()

    for (const cell of ['a', 'b', 'c']) expect(report(1, { cell })).toBe(true)
    expect(report(1, { cell: 'd' })).toBe(false)
    for (const other of [{ flag: 'other' }, { scope: 'staging' }, { keyId: 'l' }])
      expect(report(1, { cell: 'd', ...other })).toBe(true)
    expect(report(1, { cell: 'a' })).toBe(true)
    wait(MINUTE_MS)
    expect(report(1, { cell: 'd' })).toBe(true)
  })

  test('is one for each address, so that a stranger cannot use it up for others', () => {
    const { report } = given()
    for (const cell of ['a', 'b', 'c', 'd']) report(3, { cell })

    expect(report(9, { address: '198.51.100.1', cell: 'd' })).toBe(true)
    expect([report(1, { cell: 'a' }), report(1, { cell: 'a' })]).toEqual([true, false])
  })

  test('is wide for all addresses together, and refused events use up none of it', () => {
    const { report } = given()
    for (let i = 0; i < 30; i += 1) report(10)
    const others = Array.from({ length: 20 }, (_, i) => report(10, { address: `198.51.100.${i}` }))
    expect(others).toEqual([...Array(19).fill(true), false])
  })

  test('counts a cell once, whichever address reports it', () => {
    const { report } = given()
    for (const cell of ['a', 'b', 'c']) report(1, { cell })

    const address = '198.51.100.1'
    for (const cell of ['a', 'b', 'c', 'd', 'e', 'f'])
      expect(report(1, { cell, address })).toBe(true)
    expect(report(1, { cell: 'g', address })).toBe(false)
  })

  test('of a server key holds for all addresses together, without a limit of cells', () => {
    const { open, itemOf } = given()
    const reserve = (events: number, cell: string) =>
      open({ address: undefined }).reserve(itemOf(events, { cell }))

    expect(['a', 'b', 'c', 'd', 'e'].map((cell) => reserve(3, cell))).toEqual(Array(5).fill(true))
    expect(reserve(1, 'a')).toBe(false)
  })

  test('stays as it is for a batch of an earlier minute that is released', () => {
    const { open, itemOf, report, wait } = given()
    const late = open()
    late.reserve(itemOf(10))
    wait(MINUTE_MS)
    expect(report(10)).toBe(true)

    late.release()

    expect(report(1)).toBe(false)
  })

  test('is not used up by a batch that is released', () => {
    const { open, itemOf, report, excesses } = given()
    expect(report(6)).toBe(true)
    for (let i = 0; i < 3; i += 1) {
      const again = open()
      expect([again.reserve(itemOf(4)), again.reserve(itemOf(1))]).toEqual([true, false])
      again.release()
    }
    expect([report(4), excesses('k')]).toEqual([true, []])
  })

  test('announces an excess once per minute, and lists it for a day with its dropped events', () => {
    const { report, wait, announced, excesses } = given()
    for (const events of [11, 12]) report(events)
    report(13, { flag: 'other' })
    expect(announced).toEqual([{ keyId: 'k', flag: 'theme', dropped: 11, at: 0 }])

    wait(MINUTE_MS)
    report(11)
    report(99, { keyId: 'l' })

    expect(announced).toHaveLength(3)
    expect(excesses('k')).toEqual([
      { keyId: 'k', flag: 'theme', dropped: 34, at: MINUTE_MS },
      { keyId: 'k', flag: 'other', dropped: 13, at: 0 },
    ])
    expect(excesses('k', 'l')).toHaveLength(3)
    wait(25 * 60 * MINUTE_MS)
    expect(excesses('k', 'l')).toEqual([])
  })

  test('lists a new excess when those of the day before were many', () => {
    const { report, wait, excesses } = given()
    for (let i = 0; i < 1_000; i += 1) report(11, { flag: `flag-${i}` })
    report(11, { flag: 'one-more' })
    expect(excesses('k')).toHaveLength(1_000)

    wait(DAY_MS + 1)
    report(11, { flag: 'new' })

    expect(excesses('k').map(({ flag }) => flag)).toEqual(['new'])
  })
})

test.for([
  ['back', -DAY_MS],
  ['forward', DAY_MS],
] as const)('a wall clock that jumps %s starts no new minute, and ends none', ([, ms]) => {
  const { report, wait, jump, announced, excesses } = given()
  report(10)
  expect(report(1)).toBe(false)

  jump(ms)
  expect(report(1)).toBe(false)
  expect(announced).toHaveLength(1)
  expect(excesses('k')).toHaveLength(1)
  wait(MINUTE_MS)
  expect(report(10)).toBe(true)
  wait(DAY_MS)
  expect(excesses('k')).toEqual([])
})

test('of several servers, each admits its share of the events', () => {
  const clocks = { now: () => 0, elapsed: () => 0 }
  const ofServer = { eventsPerMinute: 100, cellsPerMinute: undefined }
  const quota = createReportQuota({
    limits: { client: ofServer, server: ofServer },
    clocks,
    shareOf: (limit) => limit / 2,
    onExceeded: () => undefined,
  })
  const reserve = (events: number) => {
    const reservation = quota.open({ keyId: 'k', address: undefined })
    return reservation.reserve({
      flag: 'theme',
      scope: 'production',
      cell: { revision: 1 },
      events,
    })
  }

  expect([reserve(50), reserve(1)]).toEqual([true, false])
})
