import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { getOrSet } from '../../get-or-set.ts'
import type { BatchExposure, EventBatch } from '../event-store.ts'
import type { Stores } from '../stores.ts'
import { openSqliteStores } from './sqlite-stores.ts'

/** An exposure or an outcome of some units; of the same ones again and again. */
const item = fc.record({
  attempt: fc.integer({ min: 1, max: 2 }),
  /** Number of the allocation within its attempt. */
  allocation: fc.integer({ min: 0, max: 2 }),
  metric: fc.constantFrom(undefined, 'error', 'alive', 'ms'),
  units: fc.array(
    // Halves at both ends, for signs and for the order of keys.
    fc
      .tuple(fc.constantFrom('0000000', '7ffffff', '8000000', 'fffffff'), fc.nat({ max: 15 }))
      .map(([start, n]) => `${start}${n.toString(16)}0000000${n.toString(16)}`),
    { maxLength: 12 },
  ),
})
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never

const step = fc.oneof(
  { weight: 8, arbitrary: fc.array(item, { minLength: 1, maxLength: 4 }) },
  { weight: 3, arbitrary: fc.constantFrom('close', 'kill', 'prune', 'copy', 'fail') },
)

const PROJECT = 'shop'
/** Units of a batch that fails, which other batches have as well. */
const lost = ['0000000000000000', '7ffffff100000001', 'ffffffff0000000f']
const PLACE = { flag: 'theme', scope: 'production' } as const
const ALL = {
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  stepMs: Number.POSITIVE_INFINITY,
  limit: 1_000,
}
const NOTHING = { batches: 0, units: 0, sums: 0 }

test('units count once, however they are logged, merged, copied and recovered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 15 }),
      fc.constantFrom(1, 8, 40, 1_000),
      async (steps, maxLogged) => {
        const server = await openServer(maxLogged)
        const model = createModel()
        try {
          for (const one of steps) {
            const news = typeof one === 'string' ? await server[one]() : await server.add(one)
            expect(news).toEqual(typeof one === 'string' ? undefined : model.add(one))
            expect(await countsOf(server.stores())).toEqual(model.counts())
          }
        } finally {
          await server.stores().close()
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('an export has every unit, although a commit fails while the log is merged', async () => {
  const server = await openServer(1_000_000)
  const units = Array.from({ length: 20_000 }, (_, i) => i.toString(16).padStart(16, '0'))
  await server.add([{ attempt: 1, allocation: 0, metric: undefined, units }])
  const exported: string[] = []
  const readExport = async () => {
    for await (const { attempts } of server.stores().events.export(PROJECT))
      for (const attempt of attempts) exported.push(...attempt.units.map(({ unit }) => unit))
  }

  await Promise.all([readExport(), server.fail()])

  expect(exported).toEqual(units)
  await server.stores().close()
})

/** A server whose stores are closed, killed or moved, and opened again. */
async function openServer(maxLogged: number) {
  const newFolder = () => {
    const made = join(tmpdir(), `flaghoist-store-${randomUUID()}`)
    onTestFinished(() => rmSync(made, { recursive: true, force: true }))
    return made
  }
  let folder = newFolder()
  let stores = openSqliteStores(folder, maxLogged)
  await stores.log.create(PROJECT)
  return {
    stores: () => stores,
    /** Returns the new units by attempt. */
    async add(items: readonly Item[]) {
      const { newUnits } = await stores.events.add(PROJECT, batchOf(items))
      return new Map([...newUnits].map(([{ attempt }, units]) => [attempt, units]))
    },
    /** Loses a batch, because the store fails at the end of its transaction. */
    async fail() {
      const other = new DatabaseSync(join(folder, 'flaghoist.db'))
      other.exec(`CREATE TRIGGER failing BEFORE INSERT ON exposures
        BEGIN SELECT RAISE(ABORT, 'failed'); END`)
      const items = [0, 1].map((allocation): Item => {
        return { attempt: 1, allocation, metric: undefined, units: ['00000000000000aa', ...lost] }
      })
      await expect(stores.events.add(PROJECT, batchOf(items))).rejects.toThrow()
      other.exec('DROP TRIGGER failing')
      other.close()
    },
    prune: () => stores.events.prune(NOTHING),
    async close() {
      await stores.close()
      stores = openSqliteStores(folder, maxLogged)
    },
    /** Goes on with the files as a kill would leave them. */
    async kill() {
      const left = newFolder()
      mkdirSync(left)
      for (const file of ['flaghoist.db', 'flaghoist.db-wal'])
        copyFileSync(join(folder, file), join(left, file))
      await stores.close()
      folder = left
      stores = openSqliteStores(folder, maxLogged)
    },
    /** Goes on with a copy in another store. */
    async copy() {
      folder = newFolder()
      const target = openSqliteStores(folder, maxLogged)
      const [head] = await stores.log.heads()
      const log = await target.log.create(PROJECT, head!.epoch)
      for await (const piece of stores.events.export(PROJECT))
        await target.events.import(log, piece)
      await stores.close()
      stores = target
    },
  }
}

function batchOf(items: readonly Item[]): EventBatch {
  const cellOf = ({ attempt, allocation }: Item) => ({
    ...PLACE,
    attempt,
    revision: revisionOf(attempt, allocation),
    variant: 'on',
    arm: 'treatment' as const,
    split: '',
    minute: 0,
  })
  const exposures = items.filter(({ metric }) => metric === undefined)
  return {
    id: randomUUID(),
    at: 0,
    exposures: exposures.map((one): BatchExposure => {
      return { ...cellOf(one), reason: 'SPLIT', count: 1, units: one.units }
    }),
    outcomes: items.flatMap((one) => {
      const { metric, units } = one
      return metric === undefined ? [] : { ...cellOf(one), metric, units }
    }),
    maxMetrics: 50,
  }
}

function revisionOf(attempt: number, allocation: number): number {
  return attempt * 10 + allocation
}

/** The same counts, by sets of names. */
function createModel() {
  const exposed = new Map<number, Set<string>>()
  const met = new Map<string, Set<string>>()
  const expose = ({ attempt, allocation, units }: Item, news: Map<number, number>) => {
    const known = getOrSet(exposed, revisionOf(attempt, allocation), () => new Set())
    for (const unit of units) {
      if (known.has(unit)) continue
      known.add(unit)
      news.set(attempt, (news.get(attempt) ?? 0) + 1)
    }
  }
  return {
    /** Returns the new units by attempt. */
    add(items: readonly Item[]): Map<number, number> {
      const news = new Map<number, number>()
      // A batch exposes units before it counts their outcomes; each of these exposes them as well.
      for (const one of items) if (one.metric === undefined) expose(one, news)
      for (const one of items) {
        if (one.metric === undefined) continue
        expose(one, news)
        const known = getOrSet(met, `${one.attempt} ${one.metric}`, () => new Set())
        for (const unit of one.units) known.add(unit)
      }
      return news
    },
    counts() {
      const sizes = <K>(sets: ReadonlyMap<K, ReadonlySet<string>>) =>
        new Map([...sets].map(([name, { size }]) => [name, size] as const).filter(([, n]) => n > 0))
      const firsts = [1, 2].map((attempt) => {
        const own = [0, 1, 2].map((one) => exposed.get(revisionOf(attempt, one)) ?? [])
        return new Set(own.flatMap((units) => [...units])).size
      })
      return { exposed: sizes(exposed), met: sizes(met), firsts }
    },
  }
}

async function countsOf({
  events,
}: Stores): Promise<ReturnType<ReturnType<typeof createModel>['counts']>> {
  const exposed = await events.exposures(PROJECT, ALL)
  const met = new Map<string, number>()
  for (const { attempt, metric, units } of await events.outcomes(PROJECT, ALL)) {
    const name = `${attempt} ${metric}`
    met.set(name, (met.get(name) ?? 0) + units)
  }
  const { from, to } = ALL
  const firsts = [1, 2].map(async (attempt) => {
    const minutes = await events.series(PROJECT, { ...PLACE, attempt, from, to })
    return minutes.reduce((sum, { first }) => sum + first, 0)
  })
  return {
    exposed: new Map(
      exposed.map(({ revision, units }) => [revision, units] as const).filter(([, n]) => n > 0),
    ),
    met,
    firsts: await Promise.all(firsts),
  }
}
