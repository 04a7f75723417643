import { describe, expect, test } from 'vitest'
import { createWorld } from '../test/world.ts'
import type { ExposureItem } from './exposure.ts'
import { createReportQueue } from './report-queue.ts'

const item = (flag: string, count = 1) => ({ flag, count }) as ExposureItem
const LENGTH = JSON.stringify(item('a')).length

function queueOf(...flags: readonly string[]) {
  const queue = createReportQueue(createWorld().platform)
  for (const flag of flags) queue.add([[item(flag, 2)], []], 1_000)
  return queue
}
const flagsOf = (queue: ReturnType<typeof queueOf>) =>
  queue.waiting().map(({ exposures }) => exposures.map(({ flag }) => flag).join(''))

describe('a report queue', () => {
  test('packs items up to the size of a batch, exposures first', () => {
    const queue = createReportQueue(createWorld().platform)
    queue.add([['a', 'b', 'c'].map((flag) => item(flag)), []], 2 * LENGTH)

    expect(flagsOf(queue)).toEqual(['ab', 'c'])
  })

  test('packs an item that is larger than a batch alone', () => {
    const queue = createReportQueue(createWorld().platform)
    queue.add([[item('a'), item('b')], []], 1)

    expect(flagsOf(queue)).toEqual(['a', 'b'])
  })

  test('packs nothing into no batch', () => {
    const queue = createReportQueue(createWorld().platform)
    queue.add([[], []], 1_000)

    expect(queue.waiting()).toEqual([])
  })

  test.for([
    ['accepted', 'b', 0],
    ['rejected', 'b', 2],
    ['deferred', 'ab', 0],
  ] as const)('keeps only a batch that was deferred: %s', ([result, left, dropped]) => {
    const queue = queueOf('a', 'b')
    const [batch] = queue.waiting()
    queue.take(batch!)
    expect([flagsOf(queue), queue.isInFlight()]).toEqual([['b'], true])

    queue.land(batch!, result)

    expect(flagsOf(queue).join('')).toBe(left)
    expect([queue.isInFlight(), queue.dropped()]).toEqual([false, dropped])
  })

  test('ends a flight once, and leaves the other batches alone', () => {
    const queue = queueOf('a', 'b')
    const [batch] = queue.waiting()
    queue.take(batch!)

    queue.land(batch!, 'accepted')
    queue.land(batch!, 'rejected')

    expect(flagsOf(queue)).toEqual(['b'])
    expect(queue.dropped()).toBe(0)
  })

  test('drops the oldest of more than thirty batches, but none in flight', () => {
    const queue = queueOf('a', 'b')
    queue.take(queue.waiting()[0]!)
    for (let i = 0; i < 29; i += 1) queue.add([[item('c', 1)], []], 1_000)

    expect(flagsOf(queue)).toEqual(Array.from({ length: 29 }, () => 'c'))
    expect(queue.dropped()).toBe(2)
  })
})
