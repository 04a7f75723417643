import { expect, onTestFinished, test, vi } from 'vitest'
import { assembleServices } from './assemble-services.ts'
import { loadConfig } from './config.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createMemoryStores } from './stores/memory/memory-stores.ts'
import { DAY_MS, MINUTE_MS, startOfMinute } from './time.ts'

test('deletes old counts only once the wall clock has been ahead for a day', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const stores = createMemoryStores()
  const services = await assembleServices(loadConfig({}), stores)
  onTestFinished(startHousekeeping(services, (error) => expect.unreachable(String(error))))
  const at = startOfMinute(Date.now())
  const cell = {
    flag: 'theme',
    scope: 'production',
    revision: 1,
    attempt: 1,
    variant: 'on',
    arm: '',
    split: '',
  } as const
  const exposure = { ...cell, reason: 'STATIC', minute: at, count: 7, units: [] } as const
  const batch = { id: 'batch-1', at, exposures: [exposure], outcomes: [], maxMetrics: 1 }
  await stores.log.create('shop')
  await stores.events.add('shop', batch)
  const rows = () =>
    stores.events.exposures('shop', { from: 0, to: 2 * at, stepMs: MINUTE_MS, limit: 10 })

  vi.setSystemTime(at + 60 * DAY_MS)
  await vi.advanceTimersByTimeAsync(DAY_MS / 2)
  expect(await rows()).toMatchObject([{ count: 7 }])

  await vi.advanceTimersByTimeAsync(DAY_MS)
  expect(await rows()).toEqual([])
})
