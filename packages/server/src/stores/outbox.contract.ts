import { describe, expect, test } from 'vitest'
import type { Delivery } from './outbox.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

export function makeDelivery(seq: number, parts: Partial<Delivery> = {}): Delivery {
  return {
    id: `m${seq}`,
    subscription: 'ops',
    seq,
    at: seq * 1_000,
    notice: '{}',
    state: 'pending',
    attempts: 0,
    dueAt: 0,
    ...parts,
  }
}

const DELIVERED = { state: 'delivered', attempts: 1, attemptedAt: 9, status: 200 } as const

/** The promises of every {@link Outbox}. */
export function describeOutbox(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const { stores } = await openForTest(makeFixture)
    const shop = await stores.log.create('shop')
    return { ...stores, shop }
  }

  describe(`the ${name} outbox`, () => {
    test('is empty at first', async () => {
      const { outbox } = await given()

      expect(await outbox.cursor('shop')).toBe(0)
      expect(await outbox.pending('shop', 'ops')).toEqual([])
      expect(await outbox.find('shop', 'm1')).toBeUndefined()
    })

    test('records deliveries together with the cursor, which never goes back', async () => {
      const { outbox, shop } = await given()
      await outbox.record(shop, { cursor: 7, deliveries: [makeDelivery(7), makeDelivery(3)] })
      await outbox.record(shop, { cursor: 5, deliveries: [] })

      expect(await outbox.cursor('shop')).toBe(7)
      expect(await outbox.pending('shop', 'ops')).toEqual([makeDelivery(3), makeDelivery(7)])
      expect(await outbox.cursor('bank')).toBe(0)
      expect(await outbox.pending('bank', 'ops')).toEqual([])
    })

    test('records nothing for a log that is deleted, and forgets it', async () => {
      const { outbox, shop, log } = await given()
      await outbox.record(shop, { cursor: 1, deliveries: [makeDelivery(1)] })
      await log.delete(shop)
      const next = await log.create('shop')
      await outbox.record(shop, { cursor: 2, deliveries: [makeDelivery(2)] })

      expect(await outbox.cursor('shop')).toBe(0)
      expect(await outbox.pending('shop', 'ops')).toEqual([])
      await outbox.record(next, { cursor: 1, deliveries: [makeDelivery(1)] })
      expect(await outbox.pending('shop', 'ops')).toEqual([makeDelivery(1)])
    })

    test('keeps a delivery that is recorded again', async () => {
      const { outbox, shop } = await given()
      await outbox.record(shop, { cursor: 1, deliveries: [makeDelivery(1)] })
      await outbox.update('shop', [makeDelivery(1, DELIVERED)])
      await outbox.record(shop, { cursor: 1, deliveries: [makeDelivery(1, { notice: '{"a":1}' })] })

      expect(await outbox.find('shop', 'm1')).toEqual(makeDelivery(1, DELIVERED))
      expect(await outbox.pending('shop', 'ops')).toEqual([])
    })

    test('updates what it knows, and nothing else', async () => {
      const { outbox, shop } = await given()
      await outbox.record(shop, { cursor: 1, deliveries: [makeDelivery(1)] })
      const failed = makeDelivery(1, {
        state: 'failed',
        attempts: 9,
        dueAt: 8,
        attemptedAt: 7,
        error: 'refused',
      })
      await outbox.update('shop', [failed, makeDelivery(2, DELIVERED)])
      await outbox.update('bank', [makeDelivery(1, DELIVERED)])

      expect(await outbox.find('shop', 'm1')).toEqual(failed)
      expect(await outbox.find('shop', 'm2')).toBeUndefined()
    })

    test('lists the latest deliveries to one subscription', async () => {
      const { outbox, shop } = await given()
      const others = [makeDelivery(2, { subscription: 'dev' })]
      const own = [1, 3, 4].map((seq) => makeDelivery(seq))
      await outbox.record(shop, { cursor: 4, deliveries: [...own, ...others] })

      expect(await outbox.latest('shop', 'ops', 2)).toEqual([makeDelivery(4), makeDelivery(3)])
      expect(await outbox.latest('shop', 'dev', 9)).toEqual(others)
    })

    test('prunes old ones and all but the latest, and never a pending one', async () => {
      const { outbox, shop } = await given()
      const deliveries = [
        makeDelivery(1),
        makeDelivery(2, DELIVERED),
        ...[3, 4, 5, 6].map((seq) => makeDelivery(seq, { ...DELIVERED, state: 'failed' })),
        makeDelivery(7, { ...DELIVERED, subscription: 'dev' }),
        makeDelivery(8),
      ]
      await outbox.record(shop, { cursor: 9, deliveries })

      await outbox.prune({ before: 4_000, perSubscription: 2 })

      const left = [
        ...(await outbox.latest('shop', 'ops', 9)),
        ...(await outbox.latest('shop', 'dev', 9)),
      ]
      expect(left.map(({ seq }) => seq)).toEqual([8, 6, 5, 1, 7])
    })
  })
}
