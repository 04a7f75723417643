import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../time.ts'
import type { BatchExposure, EventBatch } from '../event-store.ts'
import { describeStores } from '../stores.contract.ts'
import type { Stores } from '../stores.ts'
import { openSqliteStores } from './sqlite-stores.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'flaghoist-store-'))
const remove = (dir: string) => rmSync(dir, { recursive: true, force: true })

describeStores('SQLite', () => {
  const dir = join(tmpdir(), `flaghoist-store-${randomUUID()}`)
  return { open: async () => openSqliteStores(dir), cleanUp: async () => remove(dir) }
})

test('a second server on the same folder is refused', async () => {
  const dir = folder()
  const stores = openSqliteStores(dir)

  expect(() => openSqliteStores(dir)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }))

  await stores.close()
  await openSqliteStores(dir).close()
  remove(dir)
})

test('no other user can read the files, even in a folder that is open to all', async () => {
  const dir = folder()
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'flaghoist.db'), '', { mode: 0o644 })
  const stores = openSqliteStores(dir)

  const files = readdirSync(dir)
  const databases = ['flaghoist.db', 'flaghoist.db-shm', 'flaghoist.db-wal']
  const names = [...databases, 'flaghoist.lock', 'flaghoist.reserve']
  expect(files).toEqual(names)
  expect(new Set(files.map((name) => statSync(join(dir, name)).mode & 0o777))).toEqual(
    new Set([0o600]),
  )

  await stores.close()
  remove(dir)
})

const exposure = {
  flag: 'theme',
  scope: 'production',
  revision: 1,
  attempt: 1,
  variant: 'dark',
  arm: 'treatment',
  split: '',
  reason: 'SPLIT',
  minute: 0,
  count: 1,
  units: [],
} as const
const batchOf = (exposures: readonly BatchExposure[]): EventBatch => {
  return { id: randomUUID(), at: 0, exposures, outcomes: [], maxMetrics: 50 }
}

test('exposures that differ in one member only are counted apart, however many there are', async () => {
  const dir = folder()
  const { log, events, close } = openSqliteStores(dir)
  await Promise.all(['shop', 'bank'].map((project) => log.create(project)))
  const differences: readonly Partial<BatchExposure>[] = [
    {},
    { flag: 'layout' },
    { scope: 'staging' },
    { revision: 2 },
    { attempt: 2 },
    { variant: 'light' },
    { arm: 'control' },
    { split: 'fallthrough' },
    { reason: 'STATIC' },
    ...Array.from({ length: 9 }, (_, i) => ({ minute: (i + 1) * MINUTE_MS })),
  ]
  const exposures = differences.map((parts) => ({ ...exposure, ...parts }))

  // All at once, so that one transaction writes them.
  await Promise.all([
    events.add('shop', batchOf([...exposures, ...exposures])),
    events.add('bank', batchOf(exposures)),
    events.add('shop', batchOf(exposures)),
  ])

  const all = { from: 0, to: Number.MAX_SAFE_INTEGER, stepMs: MINUTE_MS, limit: 1_000 }
  const countsOf = async (project: string) =>
    (await events.exposures(project, all)).map(({ count }) => count)
  expect(await countsOf('shop')).toEqual(differences.map(() => 3))
  expect(await countsOf('bank')).toEqual(differences.map(() => 1))
  await close()
  remove(dir)
})

test('a batch that is not stored is in no count', async () => {
  const dir = folder()
  const { log, events, close } = openSqliteStores(dir)
  await log.create('shop')
  const query = { flag: 'theme', from: 0, to: MINUTE_MS }
  const countOf = async () => (await events.variantCounts('shop', query)).map((one) => one.count)
  await events.add('shop', batchOf([exposure]))
  expect(await countOf()).toEqual([1])

  const { reason, count, ...cell } = exposure
  const outcome = { ...cell, metric: 'ms', units: ['00000000000000aa'], buckets: [Number.NaN] }
  const refused = { ...batchOf([exposure]), outcomes: [outcome] }
  await expect(events.add('shop', refused)).rejects.toThrow()

  expect(await countOf()).toEqual([1])
  await close()
  remove(dir)
})

/** Adds units of one attempt until the file has a megabyte. */
async function addUnits({ log, events }: Stores): Promise<void> {
  await log.create('shop')
  for (let i = 0; i < 10; i += 1) {
    const units = Array.from({ length: 5_000 }, () => randomBytes(8).toString('hex'))
    await events.add('shop', batchOf([{ ...exposure, units }]))
  }
}

test.for(['new', 'of an earlier version'])(
  'a database that is %s becomes smaller once its events are pruned',
  async (age) => {
    const dir = folder()
    const file = join(dir, 'flaghoist.db')
    const limit = Number.MAX_SAFE_INTEGER
    await openSqliteStores(dir).close()
    if (age !== 'new') {
      const database = new DatabaseSync(file)
      database.exec('PRAGMA auto_vacuum = NONE; VACUUM')
      database.close()
    }
    const stores = openSqliteStores(dir)
    await addUnits(stores)
    await stores.close()
    const before = statSync(file).size

    const again = openSqliteStores(dir)
    await again.events.prune({ batches: limit, units: limit, sums: limit })
    const after = statSync(file).size
    await again.close()

    expect(after).toBeLessThan(before / 2)
    remove(dir)
  },
)
