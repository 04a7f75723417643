import { describe, expect, test } from 'vitest'
import { createWorld } from '../test/world.ts'
import type { ExposureItem, OutcomeItem } from './exposure.ts'
import { createReportQueue } from './report-queue.ts'

const item = (flag: string, count = 1) => ({ flag, count }) as ExposureItem
const LENGTH = JSON.stringify(item('a')).length

function queueOf(...flags: readonly string[]) {
  const queue = createReportQueue(createWorld().platform, () => {})
  for (const flag of flags) queue.add([[item(flag, 2)], []], 1_000)
  return queue
}
const flagsOf = (queue: ReturnType<typeof queueOf>) =>
  queue.unsent().map(({ exposures }) => exposures.map(({ flag }) => flag).join(''))

describe('a report queue', () => {
  test('packs items up to the size of a batch, exposures first', () => {
    const queue = createReportQueue(createWorld().platform, () => {})
    queue.add([['a', 'b', 'c'].map((flag) => item(flag)), []], 2 * LENGTH)

    expect(flagsOf(queue)).toEqual(['ab', 'c'])
  })

  test('packs an item that is larger than a batch alone', () => {
    const queue = createReportQueue(createWorld().platform, () => {})
    queue.add([[item('a'), item('b')], []], 1)

    expect(flagsOf(queue)).toEqual(['a', 'b'])
  })

  test('packs nothing into no batch', () => {
    const queue = createReportQueue(createWorld().platform, () => {})
    queue.add([[], []], 1_000)

    expect(queue.unsent()).toEqual([])
  })

  test.for([
    ['accepted', 'b', 0],
    ['rejected', 'b', 2],
    ['deferred', 'ab', 0],
  ] as const)('keeps only a batch that was deferred: %s', ([result, left, dropped]) => {
    const queue = queueOf('a', 'b')
    const [batch] = queue.unsent()
    queue.take(batch!)
    expect([flagsOf(queue), queue.isInFlight()]).toEqual([['b'], true])

    queue.land(batch!, result)

    expect(flagsOf(queue).join('')).toBe(left)
    expect([queue.isInFlight(), queue.dropped().exposures]).toEqual([false, dropped])
  })

  test('ends a flight once, and leaves the other batches alone', () => {
    const queue = queueOf('a', 'b')
    const [batch] = queue.unsent()
    queue.take(batch!)

    queue.land(batch!, 'accepted')
    queue.land(batch!, 'rejected')

    expect(flagsOf(queue)).toEqual(['b'])
    expect(queue.dropped()).toEqual({ exposures: 0, outcomes: 0 })
  })

  const units = Array.from({ length: 2_000 }, (_, i) => `${i}`.padStart(16, '0'))
  const counted = (flag: string, minute: number, count: number) =>
    ({ flag, minute, count, units: undefined }) as ExposureItem

  test('drops the oldest batches beyond 200,000 units, but none in flight, and reports each drop', () => {
    let calls = 0
    const queue = createReportQueue(createWorld().platform, () => {
      calls += 1
    })
    const add = (flag: string) =>
      queue.add([[{ ...item(flag, 2_000), units }], [{ flag, units } as OutcomeItem]], 1_000_000)
    add('a')
    queue.take(queue.unsent()[0]!)
    for (let i = 1; i < 49; i += 1) add('b')
    expect([queue.dropped(), calls]).toEqual([{ exposures: 0, outcomes: 0 }, 0])
    for (let i = 0; i < 3; i += 1) add('c')

    expect(flagsOf(queue).join('')).toBe(`${'b'.repeat(45)}ccc`)
    expect(queue.dropped()).toEqual({ exposures: 6_000, outcomes: 6_000 })
    expect(calls).toBe(3)
  })

  test('merges counts of several minutes before it drops any, except in a batch that was sent', () => {
    const queue = createReportQueue(createWorld().platform, () => {})
    const flags = Array.from({ length: 2_000 }, (_, i) => `flag-${i}`)
    queue.add([[counted('sent', 0, 1)], []], 1_000_000)
    const [sent] = queue.unsent()
    queue.take(sent!)
    queue.land(sent!, 'deferred')
    for (let minute = 1; minute <= 150; minute += 1)
      queue.add([flags.map((flag) => counted(flag, minute, 3)), []], 1_000_000)

    const rows = queue.unsent().flatMap(({ exposures }) => exposures)
    expect(queue.unsent()[0]).toBe(sent)
    expect(rows.length).toBeLessThan(200_000)
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(1 + 150 * 2_000 * 3)
    expect(rows.at(-1)).toMatchObject({ flag: 'flag-1999', minute: 150 })
    expect(queue.dropped().exposures).toBe(0)
  })
})
