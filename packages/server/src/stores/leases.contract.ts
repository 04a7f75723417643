import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeChange, makeReceipt, shopOf } from './change-log.contract.ts'
import type { Fence, LeaseName, Leases } from './leases.ts'
import { makeDelivery } from './outbox.contract.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

const LONG_MS = 60_000
const SHORT_MS = 40
/** Longer than a response takes on a busy machine. */
const HELD_MS = 500
const LOST = { code: 'LEASE_LOST' }

/** The promises of every {@link Leases}. */
export function describeLeases(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => (await openForTest(makeFixture)).stores.leases

  describe(`the ${name} leases`, () => {
    test('have one holder at a time, each lease by itself', async () => {
      const leases = await given()
      const tried = ['a', 'b', 'c'].map((one) => leases.acquire('rollouts', one, LONG_MS))
      const granted = (await Promise.all(tried)).filter((fence) => fence !== undefined)

      expect(granted).toHaveLength(1)
      expect(granted[0]).toMatchObject({ lease: 'rollouts', number: expect.any(Number) })
      expect(await leases.acquire('notices', 'd', LONG_MS)).toMatchObject({ lease: 'notices' })
    })

    test('pass to another holder at once when they are released, with a greater number', async () => {
      const leases = await given()
      const first = await granted(leases, 'a')

      await leases.release(first)
      const second = await granted(leases, 'b')

      expect(second.number).toBeGreaterThan(first.number)
      await leases.release(first)
      expect(await leases.acquire('rollouts', 'c', LONG_MS)).toBeUndefined()
      expect(await leases.renew(first, LONG_MS)).toBe(false)
      expect(await leases.renew(second, LONG_MS)).toBe(true)
    })

    test('are granted again to the process that holds them, with a greater number', async () => {
      const leases = await given()
      const first = await granted(leases, 'a')
      const again = await granted(leases, 'a')

      expect(again.number).toBeGreaterThan(first.number)
      expect(await leases.renew(first, LONG_MS)).toBe(false)
      expect(await leases.renew(again, LONG_MS)).toBe(true)
    })

    test('expire, and can then be neither renewed nor released by their holder', async () => {
      const leases = await given()
      const first = await granted(leases, 'a', { ttlMs: SHORT_MS })
      const second = await soon(leases, 'b')

      expect(second.number).toBeGreaterThan(first.number)
      expect(await leases.renew(first, LONG_MS)).toBe(false)
      await leases.release(first)
      expect(await leases.acquire('rollouts', 'c', LONG_MS)).toBeUndefined()
    })

    test('last as long as they are renewed', async () => {
      const leases = await given()
      const first = await granted(leases, 'a', { ttlMs: HELD_MS })
      expect(await leases.renew(first, LONG_MS)).toBe(true)
      await sleep(HELD_MS + SHORT_MS)

      expect(await leases.acquire('rollouts', 'b', LONG_MS)).toBeUndefined()
      expect(await leases.renew(first, LONG_MS)).toBe(true)
    })

    test('list the periods without a holder', async () => {
      const leases = await given()
      const first = await granted(leases, 'a')
      expect(await leases.gaps('rollouts')).toEqual([])
      const from = Date.now()
      await leases.release(first)
      await sleep(SHORT_MS)
      await granted(leases, 'b')

      const [gap, ...others] = await leases.gaps('rollouts')
      expect(others).toEqual([])
      expect(gap!.to - gap!.from).toBeGreaterThanOrEqual(SHORT_MS - 5)
      expect(Math.abs(gap!.from - from)).toBeLessThan(5_000)
      expect(await leases.gaps('notices')).toEqual([])
    })
  })

  describeFencing(name, makeFixture)
  describeReplicas(name, makeFixture)
}

function describeFencing(name: string, makeFixture: () => StoresFixture): void {
  /** Stores with a project, and the fences of a lease's former and present holder. */
  const given = async () => {
    const { stores } = await openForTest(makeFixture)
    await stores.log.create('shop')
    const former = await granted(stores.leases, 'a')
    await stores.leases.release(former)
    const present = await granted(stores.leases, 'b')
    return { ...stores, former, present }
  }

  describe(`a write to the ${name} stores under a lease`, () => {
    test.for(['append', 'appendUrgent'] as const)(
      '%s stores nothing for the former holder, whatever the number of the change',
      async (append) => {
        const { log, former, present } = await given()
        const write = async (seq: number, fence: Fence) =>
          log[append](await shopOf(log), makeChange(seq), { fence, receipt: makeReceipt('k') })

        for (const seq of [1, 2]) await expect(write(seq, former)).rejects.toMatchObject(LOST)
        expect(await log.read('shop', 0, 10)).toEqual([])
        expect(await log.receipt('shop', 'k')).toBeUndefined()

        await write(1, present)
        await expect(write(2, former)).rejects.toMatchObject(LOST)
        await log.append(await shopOf(log), makeChange(2))
        expect(await log.read('shop', 0, 10)).toEqual([makeChange(1), makeChange(2)])
      },
    )

    test('is accepted from the last holder while there is no other, and under another lease', async () => {
      const { log, leases, former, present } = await given()
      await leases.release(present)
      const other = await granted(leases, 'c', { lease: 'notices' })

      await log.append(await shopOf(log), makeChange(1), { fence: present })
      await log.append(await shopOf(log), makeChange(2), { fence: other })

      await expect(
        log.append(await shopOf(log), makeChange(3), { fence: former }),
      ).rejects.toMatchObject(LOST)
    })

    test('records and updates no delivery for the former holder', async () => {
      const { log, outbox, former, present } = await given()
      const shop = await shopOf(log)
      const record = { cursor: 4, deliveries: [makeDelivery(1)] }

      await expect(outbox.record(shop, record, former)).rejects.toMatchObject(LOST)
      expect(await outbox.cursor('shop')).toBe(0)
      await outbox.record(shop, record, present)
      const sent = [makeDelivery(1, { state: 'delivered' })]
      await expect(outbox.update('shop', sent, former)).rejects.toMatchObject(LOST)

      expect(await outbox.pending('shop', 'ops')).toEqual([makeDelivery(1)])
      await outbox.update('shop', sent, present)
      expect(await outbox.find('shop', 'm1')).toMatchObject({ state: 'delivered' })
    })
  })
}

/** The promises to several processes, for implementations that allow them. */
function describeReplicas(name: string, makeFixture: () => StoresFixture): void {
  if (makeFixture().openReplica === undefined) return
  test(`replicas of the ${name} stores hold a lease in turn, and fence each other`, async () => {
    const { fixture, stores } = await openForTest(makeFixture)
    const replica = await fixture.openReplica!()
    onTestFinished(() => replica.close())
    await stores.log.create('shop')
    const first = await granted(stores.leases, 'a')
    expect(await replica.leases.acquire('rollouts', 'b', LONG_MS)).toBeUndefined()
    expect(await stores.leases.renew(first, SHORT_MS)).toBe(true)

    const second = await soon(replica.leases, 'b')

    const shop = await shopOf(stores.log)
    await expect(stores.log.append(shop, makeChange(1), { fence: first })).rejects.toMatchObject(
      LOST,
    )
    await replica.log.append(shop, makeChange(1), { fence: second })
    expect(await stores.leases.acquire('rollouts', 'a', LONG_MS)).toBeUndefined()
  })
}

interface Wish {
  readonly lease?: LeaseName
  readonly ttlMs?: number
}

async function granted(
  leases: Leases,
  holder: string,
  { lease = 'rollouts', ttlMs = LONG_MS }: Wish = {},
): Promise<Fence> {
  const fence = await leases.acquire(lease, holder, ttlMs)
  if (fence === undefined) throw new Error(`${lease} has another holder`)
  return fence
}

/** Acquires a lease as soon as its holder loses it. */
async function soon(leases: Leases, holder: string): Promise<Fence> {
  return expect
    .poll(() => leases.acquire('rollouts', holder, LONG_MS), { interval: 5 })
    .toBeDefined()
    .then(() => granted(leases, holder))
}
