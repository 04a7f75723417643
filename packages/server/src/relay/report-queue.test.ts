import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mergeItems } from './merge-items.ts'
import { openReportQueue, type QueuedReport } from './report-queue.ts'

const MINUTE = 1_795_766_400_000
const exposure = (units: readonly string[], minute = MINUTE) => ({
  flag: 'new-checkout',
  variant: 'on',
  arm: 'treatment' as const,
  revision: 3,
  minute,
  reason: 'SPLIT' as const,
  count: units.length,
  units: [...units],
})
const report = (id: string, units: readonly string[] = [id]): QueuedReport => ({
  source: 'key-1',
  id,
  at: MINUTE,
  items: { exposures: [exposure(units)], outcomes: [] },
  events: units.length,
})

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flaghoist-queue-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

describe('the queue of a relay', () => {
  test('sends the same batch under the same id until it has ended, also after a restart', async () => {
    const dir = folder()
    const before = openReportQueue(dir, { maxBytes: 1_000_000 })
    for (const id of ['a', 'b']) await before.add(report(id))
    const flight = before.next('key-1')!
    await before.add(report('c'))
    expect(before.next('key-1')).toEqual({ ...flight, isLast: false })
    await before.close()

    const after = openReportQueue(dir, { maxBytes: 1_000_000 })
    onTestFinished(() => after.close())
    expect(after.next('key-1')!.batch).toEqual(flight.batch)
    expect(flight.batch.exposures).toEqual([exposure(['a', 'b'])])
    expect(await after.add(report('a'))).toBe(false)
    expect(after.end(flight)).toBe(2)
    expect(after.next('key-1')!.batch.exposures).toEqual([exposure(['c'])])
  })

  test('drops the oldest reports when it is full, and counts them', async () => {
    const queue = openReportQueue(':memory:', { maxBytes: 1_000 })
    onTestFinished(() => queue.close())
    const ids = Array.from({ length: 20 }, (_, i) => `unit-${i}`)
    for (const id of ids) await queue.add(report(id))
    const { batch } = queue.next('key-1')!
    const kept = batch.exposures[0]!.units!
    expect(kept).toEqual(ids.slice(-kept.length))
    expect(queue.dropped).toBe(ids.length - kept.length)
    expect(queue.bytes).toBeLessThanOrEqual(1_000)
  })

  test('holds nothing of a group that could not be written', async () => {
    const queue = openReportQueue(':memory:', { maxBytes: 300 })
    onTestFinished(() => queue.close())
    await queue.add(report('kept'))
    const { bytes } = queue
    // A number that JSON cannot hold, after reports that overfill the queue.
    const items = { exposures: [{ ...exposure(['x']), count: 1n as never }], outcomes: [] }
    const broken = { ...report('broken'), items }
    const added = [report('a'), report('b'), broken].map((one) => queue.add(one))
    for (const one of added) await expect(one).rejects.toThrow()
    expect([queue.bytes, queue.dropped]).toEqual([bytes, 0])
    expect(queue.next('key-1')!.batch.exposures).toEqual([exposure(['kept'])])
    expect(await queue.add(report('a'))).toBe(true)
    expect(await queue.add(report('kept'))).toBe(false)
  })

  test('drops what has waited too long, but never a part of a batch in flight', async () => {
    const queue = openReportQueue(':memory:', { maxBytes: 10_000 })
    onTestFinished(() => queue.close())
    const later = (id: string) => ({ ...report(id), at: MINUTE + 60_000 })
    await queue.add(report('a'))
    await queue.add(later('b'))
    const flight = queue.next('key-1')!
    for (const one of [report('c'), later('d')]) await queue.add(one)

    queue.prune(MINUTE + 1)
    expect(queue.dropped).toBe(1)
    expect(queue.next('key-1')!.batch).toEqual(flight.batch)
    queue.prune(MINUTE + 60_001)
    expect([queue.dropped, queue.bytes, queue.sources()]).toEqual([4, 0, []])
    expect(queue.end(flight)).toBe(0)
    expect(queue.bytes).toBe(0)
  })

  test('drops the reports of one connection', async () => {
    const queue = openReportQueue(':memory:', { maxBytes: 10_000 })
    onTestFinished(() => queue.close())
    await queue.add(report('a', ['a', 'b']))
    const { bytes } = queue
    await queue.add({ ...report('c'), source: 'key-2' })
    queue.next('key-2')
    expect(queue.discard('key-2')).toBe(1)
    expect([queue.sources(), queue.bytes, queue.dropped]).toEqual([['key-1'], bytes, 1])
  })

  test('says since when it remembers the ids of batches, also after a restart', async () => {
    const dir = folder()
    const limits = { maxBytes: 10_000, maxIds: 3 }
    const before = openReportQueue(dir, limits)
    expect(before.remembersSince).toBe(0)
    for (const i of [1, 2, 3, 4, 5]) await before.add({ ...report(`${i}`), at: MINUTE + i })
    before.prune(MINUTE)
    expect(before.remembersSince).toBe(MINUTE + 3)
    await before.close()

    const after = openReportQueue(dir, limits)
    onTestFinished(() => after.close())
    expect(after.remembersSince).toBe(MINUTE + 3)
    expect(await after.add({ ...report('3'), at: MINUTE + 9 })).toBe(false)
    expect(await after.add({ ...report('2'), at: MINUTE + 9 })).toBe(true)
    after.prune(MINUTE + 5)
    expect(after.remembersSince).toBe(MINUTE + 5)
  })
})

test('merged items keep minutes, units and measurements apart or in order', () => {
  const outcome = (unit: string, bucket?: number) => ({
    flag: 'new-checkout',
    revision: 3,
    minute: MINUTE,
    metric: 'latency',
    units: [unit],
    ...(bucket !== undefined && { buckets: [bucket] }),
  })
  expect(
    mergeItems([
      {
        exposures: [exposure(['a']), exposure(['b'], MINUTE + 60_000)],
        outcomes: [outcome('a', 4)],
      },
      { exposures: [exposure(['c'])], outcomes: [outcome('c', 9), outcome('d')] },
    ]),
  ).toEqual({
    exposures: [exposure(['a', 'c']), exposure(['b'], MINUTE + 60_000)],
    outcomes: [{ ...outcome('a'), units: ['a', 'c'], buckets: [4, 9] }, outcome('d')],
  })
})
