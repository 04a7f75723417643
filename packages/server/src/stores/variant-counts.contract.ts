import { describe, expect, test } from 'vitest'
import type { BatchExposure, EventStore, VariantCountQuery } from './event-store.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

const MINUTE = 60_000
const ada = '00000000000000aa'
const bob = 'ffffffffffffffbb'
const CELL = {
  ...{ flag: 'theme', scope: 'production', revision: 1, attempt: 1, variant: 'dark' },
  ...({ arm: 'treatment', split: '', reason: 'SPLIT' } as const),
}
const exposure = (minute: number, parts: Partial<BatchExposure> = {}): BatchExposure => ({
  ...CELL,
  minute: minute * MINUTE,
  count: parts.units?.length ?? 1,
  units: [],
  ...parts,
})

const add = (store: EventStore, ...exposures: readonly BatchExposure[]) =>
  store.add('shop', {
    ...{ id: crypto.randomUUID(), at: 0, maxMetrics: 1 },
    exposures,
    outcomes: [],
  })

/** Returns scope, variant, count and units. The span is in minutes. */
async function countsOf(store: EventStore, query: Partial<VariantCountQuery> = {}) {
  const { from = 0, to = 1_000, ...rest } = query
  const span = { from: from * MINUTE, to: to * MINUTE }
  const found = await store.variantCounts('shop', { flag: 'theme', ...rest, ...span })
  return found.map(({ scope, variant, count, units }) => [scope, variant, count, units])
}

/** The promises of the counts by variant of every event store. */
export function describeVariantCounts(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const { events, log } = (await openForTest(makeFixture)).stores
    await log.create('shop')
    return events
  }

  describe(`the counts by variant of the ${name} event store`, () => {
    test('add up the allocations, arms, splits and reasons of each scope', async () => {
      const store = await given()
      const acme = { scope: 'production/acme' }
      await add(
        store,
        exposure(3, { units: [ada, bob] }),
        exposure(4, { revision: 2, units: [ada] }),
        exposure(5, { attempt: 9, revision: 9, arm: '', reason: 'STATIC', count: 40 }),
        exposure(5, { variant: '', arm: '', reason: 'DISABLED', count: 7 }),
        exposure(5, acme),
        exposure(5, { scope: 'productions', count: 2 }),
        exposure(5, { flag: 'new-checkout' }),
      )

      const production = [
        ['production', '', 7, 0],
        ['production', 'dark', 43, 3],
      ]
      const ofAcme = ['production/acme', 'dark', 1, 0]
      expect(await countsOf(store)).toEqual([...production, ofAcme, ['productions', 'dark', 2, 0]])
      expect(await countsOf(store, { within: 'production' })).toEqual([...production, ofAcme])
      expect(await countsOf(store, { scope: 'production' })).toEqual(production)
      expect(await countsOf(store, { ...acme, within: 'staging' })).toEqual([])
      expect(await countsOf(store, { flag: 'none' })).toEqual([])
    })

    test('follow a span that moves, and reports of any minute', async () => {
      const store = await given()
      await add(store, exposure(1), exposure(5, { count: 10 }), exposure(9, { count: 100 }))
      const read = async (from: number, to: number) => (await countsOf(store, { from, to }))[0]?.[2]

      expect(await read(0, 9)).toBe(11)
      await add(store, exposure(1), exposure(5), exposure(9, { count: 1_000 }))
      expect(await read(0, 9)).toBe(13)
      expect(await read(1, 9)).toBe(13)
      expect(await read(2, 10)).toBe(1_111)
      expect(await read(9, 12)).toBe(1_100)
      expect(await read(10, 13)).toBeUndefined()
      await add(store, exposure(12, { count: 5 }), exposure(2, { count: 7 }))
      expect(await read(10, 13)).toBe(5)
      expect(await read(20, 30)).toBeUndefined()
      expect(await read(0, 13)).toBe(1_125)
    })

    test('add up more minutes than a store reads at once', async () => {
      const store = await given()
      await add(store, ...Array.from({ length: 12_000 }, (_, minute) => exposure(minute)))

      const all = await countsOf(store, { from: 1_000, to: 12_000 })

      expect(all).toEqual([['production', 'dark', 11_000, 0]])
    })

    test('count no exposure that was pruned', async () => {
      const store = await given()
      await add(store, exposure(1), exposure(5))
      expect(await countsOf(store)).toEqual([['production', 'dark', 2, 0]])

      await store.prune({ batches: 0, units: 0, sums: 5 * MINUTE })

      expect(await countsOf(store)).toEqual([['production', 'dark', 1, 0]])
    })
  })
}
