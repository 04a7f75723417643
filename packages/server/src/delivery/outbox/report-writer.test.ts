import type { Subscription } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { givenShop, NOW, subscription, writeOf } from '../../../test/shop.ts'
import { createMemory, createMemoryStores } from '../../stores/memory/memory-stores.ts'
import { createReportWriter, type ReadDailyReport } from './report-writer.ts'

const HOUR_MS = 3_600_000
/** 08:00 UTC: the subscription is created at this time. */
const START = Date.parse(NOW)

/** A shop with a subscription, and what a process does at a number of hours after the start. */
async function given(parts: Partial<Subscription> = {}, isQuiet = false) {
  const { projects, stores } = await givenShop(createMemoryStores(createMemory()))
  await projects.commit(...writeOf([subscription('ops', { events: ['daily-report'], ...parts })]))
  const read: string[][] = []
  const readReport: ReadDailyReport = async (project, { scopes = ['*'] }, { from, to }) => {
    read.push([new Date(from).toISOString(), new Date(to).toISOString()])
    const notice = {
      event: 'daily-report' as const,
      severity: 'info' as const,
      project: project.key,
      flags: [],
      scopes,
      what: 'Daily report of shop: nothing happened.',
      done: 'No rollout is in progress.',
      todo: 'You need to do nothing.',
    }
    return { notice, isQuiet }
  }
  let now = START
  const start = () => createReportWriter({ ...stores, readReport, now: () => now })
  let writer = start()
  return {
    projects,
    read,
    crash: () => {
      writer = start()
    },
    async after(hours: number) {
      now = START + hours * HOUR_MS
      return writer.recordDue(projects.get('shop'))
    },
    deliveries: () => stores.outbox.latest('shop', 'ops', 10),
  }
}

test('a report is recorded once per day at the time of its zone, whatever the process does', async () => {
  const { after, crash, read, deliveries } = await given({
    dailyReport: { at: '08:30', timeZone: 'Europe/Zurich', onQuietDays: false },
  })
  // 08:30 in Zurich is 07:30 UTC, before the subscription.
  expect(await after(0.1)).toEqual([])
  expect(await after(23)).toEqual([])
  expect(await after(23.5)).toEqual(['ops'])
  expect(await after(24)).toEqual([])
  crash()
  expect(await after(30)).toEqual([])
  expect(read).toEqual([['2026-11-20T07:30:00.000Z', '2026-11-21T07:30:00.000Z']])
  expect(await deliveries()).toMatchObject([
    { at: Date.parse('2026-11-21T07:30:00.000Z'), state: 'pending' },
  ])
})

test('after an outage the last report is sent late, and older ones are not', async () => {
  const { after, crash, read } = await given()
  crash()
  expect(await after(80)).toEqual(['ops'])
  expect(read).toEqual([['2026-11-22T08:00:00.000Z', '2026-11-23T08:00:00.000Z']])
})

test('a quiet day is skipped, and stays so', async () => {
  const { after, crash, read, deliveries } = await given({}, true)
  await after(24)
  crash()
  await after(25)
  expect(read).toHaveLength(1)
  expect(await deliveries()).toMatchObject([{ state: 'skipped' }])
})

test.for([
  [
    'on a quiet day that is wanted',
    { dailyReport: { at: '08:00', timeZone: 'UTC', onQuietDays: true } },
    'pending',
  ],
  [
    'below the severity',
    { minSeverity: 'warning', dailyReport: { at: '08:00', timeZone: 'UTC', onQuietDays: true } },
    'skipped',
  ],
] as const)('a report %s is %s', async ([, parts, state]) => {
  const { after, deliveries } = await given(parts, true)
  await after(24)
  expect(await deliveries()).toMatchObject([{ state }])
})

test('a subscription that is disabled or selects other events has no report', async () => {
  const { after } = await given({ enabled: false })
  expect(await after(24)).toEqual([])
  const other = await given({ events: ['killed'] })
  expect(await other.after(24)).toEqual([])
})
