import type { Change } from '@flaghoist/core/schema'
import { afterEach, describe, expect, test } from 'vitest'
import { describeEvents } from './events.contract.ts'
import type { EventBatch, Receipt, Store } from './store.ts'

/** How to open a store on an empty place, and to open the same place again. */
export interface StoreFixture {
  open(): Promise<Store>
  reopen(): Promise<Store>
  cleanUp(): Promise<void>
}

/** What every store promises. One suite, run by each implementation. */
export function describeStore(
  name: string,
  makeFixture: () => StoreFixture,
  { isDurable }: { isDurable: boolean },
): void {
  describe(`the ${name} store`, () => {
    const cleanUps: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
    })
    const given = async () => {
      const fixture = makeFixture()
      const store = await fixture.open()
      cleanUps.push(
        () => fixture.cleanUp(),
        () => store.close().catch(() => undefined),
      )
      return { fixture, store }
    }

    test('starts a log once, with an epoch of its own', async () => {
      const { store } = await given()

      const one = await store.createLog('shop')
      const other = await store.createLog('bank')

      expect(one).toMatchObject({ project: 'shop', version: 0 })
      expect(one.epoch).not.toBe(other.epoch)
      expect(await store.logs()).toEqual([other, one])
      await expect(store.createLog('shop')).rejects.toMatchObject({ code: 'PROJECT_EXISTS' })
    })

    test('gives back what was appended, in order and in parts', async () => {
      const { store } = await given()
      await store.createLog('shop')
      const written = [1, 2, 3].map((seq) =>
        change(seq, `Grüezi 👋 \u0000 \ud800 ${'x'.repeat(seq)}`),
      )
      for (const one of written) await store.append('shop', one)

      expect(await store.read('shop', 0, 10)).toEqual(written)
      expect(await store.read('shop', 1, 1)).toEqual([written[1]])
      expect(await store.read('shop', 3, 10)).toEqual([])
      expect(await store.logs()).toMatchObject([{ project: 'shop', version: 3 }])
    })

    test.for([
      ['repeats a number', 1],
      ['leaves one out', 3],
    ] as const)('refuses a change that %s, and keeps the log as it was', async ([, seq]) => {
      const { store } = await given()
      await store.createLog('shop')
      await store.append('shop', change(1))

      await expect(store.append('shop', change(seq), receipt('k'))).rejects.toMatchObject({
        code: 'LOG_CONFLICT',
      })
      expect(await store.read('shop', 0, 10)).toHaveLength(1)
      expect(await store.receipt('shop', 'k')).toBeUndefined()
      await store.append('shop', change(2))
      expect(await store.logs()).toMatchObject([{ version: 2 }])
    })

    test('refuses a change of a project that it does not know', async () => {
      const { store } = await given()

      await expect(store.append('shop', change(1))).rejects.toMatchObject({
        code: 'PROJECT_NOT_FOUND',
      })
    })

    test('lets one of many concurrent appends of a number through', async () => {
      const { store } = await given()
      await store.createLog('shop')

      const results = await Promise.allSettled(
        Array.from({ length: 20 }, () => store.append('shop', change(1))),
      )

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await store.read('shop', 0, 10)).toHaveLength(1)
    })

    test('keeps a change of several MiB', async () => {
      const { store } = await given()
      await store.createLog('shop')
      const big = change(1, 'é'.repeat(2_000_000))
      await store.append('shop', big)

      expect(await store.read('shop', 0, 1)).toEqual([big])
    })

    test('keeps a receipt, with its change or alone, until it is pruned', async () => {
      const { store } = await given()
      await store.createLog('shop')
      await store.append('shop', change(1), receipt('k', 1_000))
      await store.append('shop', change(2), { ...receipt('l', 2_000), etag: '"2"' })
      await store.keepReceipt('shop', receipt('m', 1_400))

      expect(await store.receipt('shop', 'm')).toMatchObject({ key: 'm' })
      expect(await store.receipt('bank', 'm')).toBeUndefined()
      expect(await store.receipt('shop', 'k')).toEqual({ ...receipt('k', 1_000), etag: undefined })
      await store.prune({ retries: 1_500, units: 0, sums: 0 })
      for (const key of ['k', 'm']) expect(await store.receipt('shop', key)).toBeUndefined()
      expect(await store.receipt('shop', 'l')).toMatchObject({ etag: '"2"' })
    })

    test('gives a log a new epoch', async () => {
      const { store } = await given()
      const { epoch } = await store.createLog('shop')

      const renewed = await store.renewEpoch('shop')

      expect(renewed).not.toBe(epoch)
      expect(await store.logs()).toMatchObject([{ epoch: renewed }])
    })

    describeEvents(given)

    test('remembers the latest use of each key', async () => {
      const { store } = await given()
      await store.recordKeyUses('shop', new Map([['k', 5]]))
      await store.recordKeyUses('shop', new Map([['k', 3]]))
      await store.recordKeyUses('shop', new Map([['l', 1]]))

      expect(await store.keyUses('shop')).toEqual(
        new Map([
          ['k', 5],
          ['l', 1],
        ]),
      )
    })

    test('says that it can be written to', async () => {
      const { store } = await given()
      await expect(store.check()).resolves.toBeUndefined()
    })

    const testIfDurable = isDurable ? test : () => undefined
    testIfDurable('has everything after it was closed and opened', async () => {
      const { fixture, store } = await given()
      const { epoch } = await store.createLog('shop')
      await store.append('shop', change(1), receipt('k'))
      await store.addEvents('shop', BATCH)
      await store.close()

      const again = await fixture.reopen()
      cleanUps.push(() => again.close())

      expect(await again.logs()).toEqual([{ project: 'shop', epoch, version: 1 }])
      expect(await again.read('shop', 0, 10)).toEqual([change(1)])
      expect(await again.receipt('shop', 'k')).toMatchObject({ key: 'k' })
      expect(await again.addEvents('shop', BATCH)).toMatchObject({ isNew: false })
    })
  })
}

function change(seq: number, reason = 'because'): Change {
  return {
    seq,
    at: '2026-11-20T08:00:00.000Z',
    actor: { kind: 'system', id: 'test', name: 'test' },
    action: 'test',
    edits: [],
    reason,
    requestId: 'r',
    previousHash: '',
    hash: String(seq),
  }
}

const BATCH: EventBatch = { id: 'b', at: 0, exposures: [], outcomes: [], mostMetrics: 1 }

function receipt(key: string, at = 0): Receipt {
  return { key, fingerprint: 'f', status: 201, body: '{"a":"é"}', at }
}
