import { describe, expect, onTestFinished, test } from 'vitest'
import { makeChange, makeReceipt, shopOf } from './change-log.contract.ts'
import { type ChangeLog, isAppendConflict, type LogHead } from './change-log.ts'
import type { EventBatch, EventQuery } from './event-store.ts'
import { makeDelivery } from './outbox.contract.ts'
import type { Stores } from './stores.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

const CELL = {
  flag: 'theme',
  scope: 'production',
  revision: 1,
  attempt: 1,
  split: '',
  variant: 'dark',
  minute: 0,
}
const UNITS = { arm: 'treatment', units: ['00000000000000aa'] } as const
const BATCH: EventBatch = {
  id: 'b',
  at: 0,
  exposures: [{ ...CELL, ...UNITS, reason: 'SPLIT', count: 1 }],
  outcomes: [{ ...CELL, ...UNITS, metric: 'ms', buckets: [3] }],
  maxMetrics: 50,
}
const ALL: EventQuery = { from: 0, to: 1, stepMs: Number.POSITIVE_INFINITY, limit: 10 }
const NOTHING = { batches: 0, units: 0, sums: 0 }

/** The promises of {@link ChangeLog.delete}, which concern all stores. */
export function describeProjectDeletion(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const opened = await openForTest(makeFixture)
    for (const project of ['shop', 'bank']) await fill(opened.stores, project)
    return opened
  }

  describe(`a project that is deleted from the ${name} stores`, () => {
    test('leaves nothing behind, and no other project loses anything', async () => {
      const { stores, fixture } = await given()
      await stores.log.delete(await shopOf(stores.log))
      await stores.events.prune(NOTHING)
      await stores.close()
      const again = await fixture.open()
      onTestFinished(() => again.close())

      expect((await again.log.heads()).map(({ project }) => project)).toEqual(['bank'])
      expect(await contentOf(again, 'shop')).toEqual(EMPTY)
      expect(await contentOf(again, 'bank')).toEqual(FILLED)
    })

    test('leaves nothing behind, at whatever moment of a pruning it is deleted', async () => {
      const { stores } = await given()
      const { log, events } = stores
      for (let moment = 0; moment < 30; moment += 1) {
        await events.prune(NOTHING)
        const bank = await log.head('bank')
        const pruning = events.prune(NOTHING)
        for (let i = 0; i < moment; i += 1) await undefined
        await log.delete(bank!)
        await pruning
        await log.create('bank')

        const { newUnits } = await events.add('bank', { ...BATCH, id: `batch-${moment}` })

        expect([...newUnits.values()]).toEqual([1])
        expect(await events.exposures('bank', ALL)).toMatchObject([{ count: 1, units: 1 }])
      }
    })

    test('begins anew under the same key, with another epoch', async () => {
      const { stores } = await given()
      const { log, events } = stores
      const old = await shopOf(log)
      await log.delete(old)

      const shop = await log.create('shop')

      expect(shop.version).toBe(0)
      expect(shop.epoch).not.toBe(old.epoch)
      expect(await contentOf(stores, 'shop')).toEqual(EMPTY)
      const added = await events.add('shop', { ...BATCH, id: 'c' })
      expect(added.isNew).toBe(true)
      expect([...added.newUnits.values()]).toEqual([1])
      await events.prune(NOTHING)
      expect(await events.exposures('shop', ALL)).toMatchObject([{ count: 1, units: 1 }])
      expect(await events.outcomes('shop', ALL)).toMatchObject([{ histogram: [[3, 1]] }])
    })

    test('is refused later writes, although a log of the same key would take them', async () => {
      const { stores } = await given()
      const { log, events, keyUsage } = stores
      const old = await shopOf(log)
      const pending = Promise.allSettled([events.add('shop', { ...BATCH, id: 'c' })])
      await log.delete(old)
      await pending

      const refused = { code: 'PROJECT_NOT_FOUND' }
      await expect(log.append(old, makeChange(2))).rejects.toMatchObject(refused)
      await expect(events.add('shop', BATCH)).rejects.toMatchObject(refused)
      await keyUsage.record('shop', new Map([['k', 5]]))
      await log.append(await log.create('shop'), makeChange(1))
      for (const late of [log.append, log.appendUrgent])
        await expect(late(old, makeChange(2))).rejects.toMatchObject(refused)
      await expect(log.delete(old)).rejects.toMatchObject(refused)
      expect(await contentOf(stores, 'shop')).toEqual({ ...EMPTY, changes: 1 })
    })

    test('keeps everything if its log has moved since it was read', async () => {
      const { stores } = await given()
      const old = await shopOf(stores.log)
      await stores.log.append(old, makeChange(2))

      await expect(stores.log.delete(old)).rejects.toSatisfy(isAppendConflict)

      expect(await contentOf(stores, 'shop')).toEqual({ ...FILLED, changes: 2 })
      expect(await shopOf(stores.log)).toEqual({ ...old, version: 2 })
    })

    test('is announced to the watches of its log', async () => {
      const { stores } = await given()
      const heads = await headsAfter(stores.log, () => deleteShop(stores.log))

      expect(heads).toEqual([{ project: 'shop', epoch: '', version: 0 }])
    })
  })
}

const EMPTY = { changes: 0, hasReceipt: false, exposures: 0, outcomes: 0, uses: 0, notices: 0 }
const FILLED = { changes: 1, hasReceipt: true, exposures: 1, outcomes: 1, uses: 1, notices: 1 }

async function fill({ log, events, keyUsage, outbox }: Stores, project: string): Promise<void> {
  const head = await log.create(project)
  await log.append(head, makeChange(1), { receipt: makeReceipt('k') })
  await events.add(project, BATCH)
  await keyUsage.record(project, new Map([['k', 5]]))
  await outbox.record(head, { cursor: 1, deliveries: [makeDelivery(1)] })
}

async function contentOf({ log, events, keyUsage, outbox }: Stores, project: string) {
  return {
    changes: (await log.read(project, 0, 10)).length,
    hasReceipt: (await log.receipt(project, 'k')) !== undefined,
    exposures: (await events.exposures(project, ALL)).length,
    outcomes: (await events.outcomes(project, ALL)).length,
    uses: (await keyUsage.lastUses(project)).size,
    notices: (await outbox.latest(project, 'ops', 9)).length,
  }
}

async function deleteShop(log: ChangeLog): Promise<void> {
  await log.delete(await shopOf(log))
}

async function headsAfter(log: ChangeLog, work: () => Promise<void>): Promise<readonly LogHead[]> {
  const heads: LogHead[] = []
  const announced = new Promise<void>((resolve) => {
    const stop = log.watch((head) => {
      heads.push(head)
      resolve()
    })
    onTestFinished(stop)
  })
  await work()
  await announced
  return heads
}
