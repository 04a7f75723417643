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
    const before = openReportQueue(dir, 1_000_000)
    for (const id of ['a', 'b']) await before.add(report(id))
    const flight = before.next('key-1')!
    await before.add(report('c'))
    expect(before.next('key-1')).toEqual({ ...flight, isLast: false })
    await before.close()

    const after = openReportQueue(dir, 1_000_000)
    onTestFinished(() => after.close())
    expect(after.next('key-1')!.batch).toEqual(flight.batch)
    expect(flight.batch.exposures).toEqual([exposure(['a', 'b'])])
    expect(await after.add(report('a'))).toBe(false)
    expect(after.end(flight)).toBe(2)
    expect(after.next('key-1')!.batch.exposures).toEqual([exposure(['c'])])
  })

  test('drops the oldest reports when it is full, and counts them', async () => {
    const queue = openReportQueue(':memory:', 1_000)
    onTestFinished(() => queue.close())
    const ids = Array.from({ length: 20 }, (_, i) => `unit-${i}`)
    for (const id of ids) await queue.add(report(id))
    const { batch } = queue.next('key-1')!
    const kept = batch.exposures[0]!.units!
    expect(kept).toEqual(ids.slice(-kept.length))
    expect(queue.dropped).toBe(ids.length - kept.length)
    expect(queue.bytes).toBeLessThanOrEqual(1_000)
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
