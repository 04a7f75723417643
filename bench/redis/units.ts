import { randomBytes, randomUUID } from 'node:crypto'
import type { Stores } from '../../packages/server/src/stores/stores.ts'
import { redisCli, type TestRedis } from '../../test-support/redis.ts'

const UNITS_PER_BATCH = 2_000
const MINUTE = 60_000
const CELL = {
  flag: 'theme',
  scope: 'production',
  revision: 1,
  attempt: 1,
  variant: 'on',
  split: '',
} as const

const EVERYTHING = {
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  stepMs: Number.POSITIVE_INFINITY,
  limit: 10,
} as const

/** The speed at which a store adds new units. */
export interface Units {
  readonly perSecond: number
  /** Units that were acknowledged, and are not counted. */
  readonly lost: number
}

/** Adds new units to a project of their own. */
export async function measureUnits({ log, events }: Stores, units: number): Promise<Units> {
  const project = randomUUID()
  await log.create(project)
  const batches = Array.from({ length: units / UNITS_PER_BATCH }, (_, i) => batchOf(i * MINUTE))
  const start = performance.now()
  await Promise.all(batches.map((batch) => events.add(project, batch)))
  const perSecond = units / ((performance.now() - start) / 1_000)
  const sums = await events.exposures(project, EVERYTHING)
  return { perSecond, lost: units - sums.reduce((sum, one) => sum + one.units, 0) }
}

function batchOf(minute: number) {
  const names = () => randomBytes(8).toString('hex')
  const units = Array.from({ length: UNITS_PER_BATCH }, names)
  const count = UNITS_PER_BATCH
  const exposure = { ...CELL, arm: 'treatment', reason: 'SPLIT', minute, count, units } as const
  return { id: randomUUID(), at: minute, exposures: [exposure], outcomes: [], maxMetrics: 50 }
}

/** Bytes that Redis uses for each of some units, and for the id of each of some batches. */
export async function measureMemory(stores: Stores, server: TestRedis, units: number) {
  const used = async () => {
    const info = await redisCli(server.port, 'INFO', 'memory')
    return Number(/^used_memory:(\d+)/m.exec(info)![1])
  }
  const before = await used()
  await measureUnits(stores, units)
  const withUnits = await used()
  const project = randomUUID()
  await stores.log.create(project)
  const ids = Array.from({ length: units / 10 }, () => randomUUID())
  const empty = { at: 0, exposures: [], outcomes: [], maxMetrics: 1 }
  await Promise.all(ids.map((id) => stores.events.add(project, { id, ...empty })))
  return {
    perUnit: (withUnits - before) / units,
    perBatch: ((await used()) - withUnits) / ids.length,
  }
}
