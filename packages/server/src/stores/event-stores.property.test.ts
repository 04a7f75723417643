import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import type { EventBatch, EventQuery, EventStore } from './event-store.ts'
import { createMemoryStores } from './memory/memory-stores.ts'
import { openRedisStores } from './redis/redis-stores.ts'
import { parseRedisUrl } from './redis/redis-url.ts'
import { openSqliteStores } from './sqlite/sqlite-stores.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const minute = fc.integer({ min: 0, max: 90 }).map((n) => n * MINUTE)
const units = fc.array(
  fc.constantFrom(...['0', '7', '8', 'f'].map((digit) => digit.padStart(16, '3'))),
  { maxLength: 3 },
)
const cell = {
  flag: fc.constantFrom('theme', 'new-checkout'),
  scope: fc.constantFrom('production', 'production/acme', 'staging'),
  attempt: fc.integer({ min: 1, max: 2 }),
  revision: fc.integer({ min: 2, max: 3 }),
  variant: fc.constantFrom('dark', 'light'),
  split: fc.constantFrom('', 'fallthrough'),
  minute,
}
const batch = fc.record({
  id: fc.integer({ min: 1, max: 12 }).map((n) => `batch-${n}`),
  at: minute.map((ms) => ms + 7),
  maxMetrics: fc.integer({ min: 1, max: 3 }),
  exposures: fc.array(
    fc.record({
      ...cell,
      arm: fc.constantFrom('', 'treatment', 'control'),
      reason: fc.constantFrom('SPLIT', 'DEFAULT', 'STATIC'),
      count: fc.integer({ min: 1, max: 9 }),
      units,
    }),
    { maxLength: 4 },
  ),
  outcomes: fc.array(
    fc.record({
      ...cell,
      arm: fc.constantFrom('treatment', 'control'),
      metric: fc.constantFrom('error', 'alive', 'ms', 'total'),
      units,
      buckets: fc.option(fc.array(fc.integer({ min: 0, max: 127 }), { minLength: 3 }), {
        nil: undefined,
      }),
      ofKnown: fc.constantFrom(undefined, true),
    }),
    { maxLength: 4 },
  ),
}) as fc.Arbitrary<EventBatch>
const query: fc.Arbitrary<EventQuery> = fc.record({
  flag: fc.option(fc.constant('theme'), { nil: undefined }),
  scope: fc.option(fc.constant('production'), { nil: undefined }),
  within: fc.option(fc.constant('production'), { nil: undefined }),
  revision: fc.option(fc.constant(2), { nil: undefined }),
  from: minute,
  to: fc.constantFrom(30 * MINUTE, Number.MAX_SAFE_INTEGER),
  stepMs: fc.constantFrom(MINUTE, 7 * MINUTE, HOUR, Number.POSITIVE_INFINITY),
  limit: fc.constantFrom(1, 5, 1_000),
})
/** SQLite dates a revision to an hour, so the ages of revisions are days apart. */
const age = fc.constantFrom(0, 45 * MINUTE, 24 * HOUR, 72 * HOUR)

const openSqlite = async () => {
  const folder = join(tmpdir(), `flaghoist-store-${randomUUID()}`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return openSqliteStores(folder)
}
const openRedis = () =>
  openRedisStores({
    address: parseRedisUrl(inject('redisUrls').standalone)!,
    prefix: randomUUID(),
    durability: 'disk',
    replicas: 0,
  })

test.for([
  ['SQLite', openSqlite, 100],
  ['Redis', openRedis, 30],
] as const)(
  'the %s event store returns what the memory event store returns',
  async ([, open, numRuns]) => {
    const stores = [await open(), createMemoryStores()] as const
    const [other, memory] = [stores[0].events, stores[1].events]
    onTestFinished(() => stores[0].close())
    let runs = 0

    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { maxLength: 8 }),
        fc.array(query, { minLength: 1, maxLength: 4 }),
        fc.record({ batches: age, units: fc.constantFrom(0, 72 * HOUR), sums: age }),
        async (batches, queries, limits) => {
          const project = `shop-${++runs}`
          await Promise.all(stores.map(({ log }) => log.create(project)))
          const expectSame = () => expectEqual(memory, other, project, queries)
          const addAll = () => expectAddedAlike(memory, other, project, batches)

          await addAll()
          await expectSame()
          await Promise.all([memory.prune(limits), other.prune(limits)])
          await expectSame()
          await addAll()
          await expectSame()
        },
      ),
      { numRuns },
    )
  },
)

test.for([
  ['SQLite', 'Redis', openSqlite, openRedis],
  ['Redis', 'SQLite', openRedis, openSqlite],
  ['Redis', 'Redis', openRedis, openRedis],
  ['SQLite', 'memory', openSqlite, async () => createMemoryStores()],
] as const)(
  'events that were copied from %s to %s are counted as before',
  async ([, , openSource, openTarget]) => {
    const [source, target] = [await openSource(), await openTarget()]
    onTestFinished(async () => void (await Promise.all([source.close(), target.close()])))
    let runs = 0

    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { maxLength: 6 }),
        fc.array(batch, { maxLength: 3 }),
        fc.array(query, { minLength: 1, maxLength: 3 }),
        async (before, after, queries) => {
          const project = `shop-${++runs}`
          const log = await source.log.create(project)
          for (const one of before) await source.events.add(project, one)
          await target.log.create(project, log.epoch)
          for await (const piece of source.events.export(project))
            await target.events.import(log, piece)
          const both = [target.events, source.events, project] as const

          await expectEqual(...both, queries)
          await expectAddedAlike(...both, before)
          await expectAddedAlike(
            ...both,
            [...before, ...after].map((one) => ({ ...one, id: `${one.id}-again` })),
          )
          await expectEqual(...both, queries)
        },
      ),
      { numRuns: 15 },
    )
  },
)

async function expectEqual(
  store: EventStore,
  other: EventStore,
  project: string,
  queries: readonly EventQuery[],
): Promise<void> {
  for (const one of queries) {
    const exposures = await other.exposures(project, one)
    const outcomes = await other.outcomes(project, one)
    expect((await store.exposures(project, one)).map(plain)).toEqual(exposures.map(plain))
    expect((await store.outcomes(project, one)).map(plain)).toEqual(outcomes.map(plain))
    const last = { flag: 'theme', within: one.within, from: one.from }
    const found = await other.lastExposures(project, last)
    expect((await store.lastExposures(project, last)).map(plain)).toEqual(found.map(plain))
    const counted = { ...one, flag: 'theme' }
    const counts = await other.variantCounts(project, counted)
    expect(await store.variantCounts(project, counted)).toEqual(counts)
    for (const attempt of [1, 2]) {
      const { flag = 'new-checkout', scope = 'production/acme', from, to } = one
      const key = { flag, scope, attempt, from, to }
      expect(await store.series(project, key)).toEqual(await other.series(project, key))
    }
  }
}

async function expectAddedAlike(
  store: EventStore,
  other: EventStore,
  project: string,
  batches: readonly EventBatch[],
): Promise<void> {
  const [expected, added] = await Promise.all(
    [other, store].map((one) => Promise.all(batches.map((some) => one.add(project, some)))),
  )
  expect(added).toEqual(expected)
}

/** SQLite's rows have no prototype. */
function plain<T extends object>(row: T): T {
  return { ...row }
}
