import { describe, expect, onTestFinished, test } from 'vitest'
import { describeChangeLog, makeChange, makeReceipt } from './change-log.contract.ts'
import { describeEventStore } from './event-store.contract.ts'
import { describeKeyUsage } from './key-usage.contract.ts'
import { describeLastExposures } from './last-exposures.contract.ts'
import { describeLeases } from './leases.contract.ts'
import { describeOutbox, makeDelivery } from './outbox.contract.ts'
import { describeProjectDeletion } from './project-deletion.contract.ts'
import { describeSessions, makeSession } from './sessions.contract.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'
import { describeVariantCounts } from './variant-counts.contract.ts'

const BATCH = { id: 'b', at: 0, exposures: [], outcomes: [], maxMetrics: 1 }

/** The promises of every implementation of all stores. */
export function describeStores(name: string, makeFixture: () => StoresFixture): void {
  describeChangeLog(name, makeFixture)
  describeEventStore(name, makeFixture)
  describeLastExposures(name, makeFixture)
  describeVariantCounts(name, makeFixture)
  describeKeyUsage(name, makeFixture)
  describeOutbox(name, makeFixture)
  describeLeases(name, makeFixture)
  describeSessions(name, makeFixture)
  describeProjectDeletion(name, makeFixture)

  describe(`the ${name} stores`, () => {
    test('can be written to', async () => {
      const { stores } = await openForTest(makeFixture)

      await expect(stores.check()).resolves.toBeUndefined()
    })

    test('have everything after they were closed and opened again', async () => {
      const { fixture, stores } = await openForTest(makeFixture)
      const shop = await stores.log.create('shop')
      await stores.log.append(shop, makeChange(1), { receipt: makeReceipt('k') })
      await stores.events.add('shop', BATCH)
      await stores.keyUsage.record('shop', new Map([['k', 5]]))
      await stores.outbox.record(shop, { cursor: 1, deliveries: [makeDelivery(1)] })
      await stores.sessions.create(makeSession('s'))
      const fence = await stores.leases.acquire('rollouts', 'a', 60_000)
      await stores.leases.release(fence!)
      await stores.close()

      const again = await fixture.open()
      onTestFinished(() => again.close())

      expect(await again.log.heads()).toEqual([{ ...shop, version: 1 }])
      expect(await again.log.read('shop', 0, 10)).toEqual([makeChange(1)])
      expect(await again.log.receipt('shop', 'k')).toMatchObject({ key: 'k' })
      expect(await again.events.add('shop', BATCH)).toMatchObject({ isNew: false })
      expect(await again.keyUsage.lastUses('shop')).toEqual(new Map([['k', 5]]))
      expect(await again.outbox.cursor('shop')).toBe(1)
      expect(await again.outbox.pending('shop', 'ops')).toEqual([makeDelivery(1)])
      expect(await again.sessions.list()).toEqual([makeSession('s')])
      const next = await again.leases.acquire('rollouts', 'b', 60_000)
      expect(next!.number).toBeGreaterThan(fence!.number)
    })
  })
}
