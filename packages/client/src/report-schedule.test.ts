import { describe, expect, test } from 'vitest'
import { createWorld } from '../test/world.ts'
import { createReportSchedule } from './report-schedule.ts'

function scheduleOf() {
  const world = createWorld()
  const due: number[] = []
  const schedule = createReportSchedule(world.platform, () => {
    due.push(world.platform.elapsed())
    schedule.cancel()
  })
  return { world, schedule, due }
}

describe('a report schedule', () => {
  test('runs one report at the earliest of the planned times', async () => {
    const { world, schedule, due } = scheduleOf()
    for (const ms of [10_000, 1_000, 5_000]) schedule.planWithin(ms)
    await world.pass(20_000)

    expect(due).toEqual([1_000])
  })

  test('runs none before a retry, until a report was accepted', async () => {
    const { world, schedule, due } = scheduleOf()
    schedule.retryAfter(8_000, false)
    schedule.planWithin(0)
    await world.pass(8_000)
    schedule.clearRetry()
    schedule.planWithin(0)
    await world.pass(0)

    expect(due).toEqual([8_000, 8_000])
    expect(schedule.isQuiet()).toBe(false)
  })

  test('is quiet for as long as the server wants no reports', async () => {
    const { world, schedule } = scheduleOf()
    schedule.retryAfter(8_000, true)
    await world.pass(7_999)
    expect(schedule.isQuiet()).toBe(true)
    await world.pass(1)

    expect(schedule.isQuiet()).toBe(false)
  })

  test('runs nothing once it is cancelled or stopped', async () => {
    const { world, schedule, due } = scheduleOf()
    schedule.planWithin(100)
    schedule.cancel()
    schedule.planWithin(1_000)
    schedule.stop()
    schedule.planWithin(0)
    await world.pass(10_000)

    expect(due).toEqual([])
  })
})
