import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '@flaghoist/core/schema'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type ChangeLog,
  isAppendConflict,
  type LogHead,
  type LogName,
  type Receipt,
} from './change-log.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

/** The promises of every {@link ChangeLog}. */
export function describeChangeLog(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => (await openForTest(makeFixture)).stores.log
  const givenShop = async () => {
    const log = await given()
    await log.create('shop')
    return log
  }

  describe(`the ${name} change log`, () => {
    test('starts a log once, with an epoch of its own', async () => {
      const log = await given()

      const one = await log.create('shop')
      const other = await log.create('bank')

      expect(one).toMatchObject({ project: 'shop', version: 0 })
      expect(one.epoch).not.toBe(other.epoch)
      expect(await log.heads()).toEqual([other, one])
      expect(await log.head('shop')).toEqual(one)
      expect(await log.head('cafe')).toBeUndefined()
      await expect(log.create('shop')).rejects.toMatchObject({ code: 'PROJECT_EXISTS' })
    })

    test('returns what was appended, in order and in parts', async () => {
      const log = await givenShop()
      const written = [1, 2, 3].map((seq) =>
        makeChange(seq, `Grüezi 👋 \u0000 \ud800 ${'x'.repeat(seq)}`),
      )
      for (const one of written) await log.append(await shopOf(log), one)

      expect(await log.read('shop', 0, 10)).toEqual(written)
      expect(await log.read('shop', 1, 1)).toEqual([written[1]])
      expect(await log.read('shop', 3, 10)).toEqual([])
      expect(await log.heads()).toMatchObject([{ project: 'shop', version: 3 }])
      expect(await log.head('shop')).toMatchObject({ version: 3 })
    })

    test('numbers urgent changes like all others', async () => {
      const log = await givenShop()
      await log.append(await shopOf(log), makeChange(1))
      await log.appendUrgent(await shopOf(log), makeChange(2), { receipt: makeReceipt('k') })

      await expect(log.appendUrgent(await shopOf(log), makeChange(2))).rejects.toSatisfy(
        isAppendConflict,
      )
      expect(await log.read('shop', 0, 10)).toEqual([makeChange(1), makeChange(2)])
      expect(await log.receipt('shop', 'k')).toMatchObject(makeReceipt('k'))
    })

    test('takes a copy of a log under its epoch, and shows it when it is whole', async () => {
      const log = await given()
      const written = Array.from({ length: 120 }, (_, i) => makeChange(i + 1))
      const copy = { project: 'shop', epoch: '00ffee0123456789' }
      await log.create('shop', copy.epoch)
      await log.keepReceipt('shop', makeReceipt('k'))
      await log.fill(copy, written.slice(0, 70))
      await log.fill(copy, written.slice(70))

      expect(await log.head('shop')).toEqual({ ...copy, version: 0 })
      const { heads } = watchHeads(log)
      await log.finish({ ...copy, version: 120 })

      expect(await log.head('shop')).toEqual({ ...copy, version: 120 })
      expect(await log.read('shop', 0, 1_000)).toEqual(written)
      expect(await log.receipts('shop')).toMatchObject([makeReceipt('k')])
      await expect.poll(() => heads).toEqual([{ ...copy, version: 120 }])
      await log.append(copy, makeChange(121))
    })

    test('takes no copy in place of a log, and none of another one', async () => {
      const log = await givenShop()
      const shop = await shopOf(log)
      const other = { ...shop, epoch: '00ffee0123456789' }
      await expect(log.create('shop', shop.epoch)).rejects.toMatchObject({ code: 'PROJECT_EXISTS' })
      for (const refused of [log.fill(other, [makeChange(1)]), log.finish(other)])
        await expect(refused).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
      await log.append(shop, makeChange(1))

      for (const late of [log.fill(shop, [makeChange(2)]), log.finish({ ...shop, version: 2 })])
        await expect(late).rejects.toMatchObject({ code: 'LOG_CONFLICT' })
      expect(await log.read('shop', 0, 10)).toEqual([makeChange(1)])
    })

    test('keeps a change as it was appended, whatever becomes of the object', async () => {
      const log = await givenShop()
      const written = makeChange(1)
      await log.append(await shopOf(log), written)
      Object.assign(written, { reason: 'another' })
      Object.assign((await log.read('shop', 0, 1))[0]!, { reason: 'a third' })

      expect(await log.read('shop', 0, 1)).toEqual([makeChange(1)])
    })

    test.for([
      ['repeats a number', 1],
      ['leaves one out', 3],
    ] as const)('refuses a change that %s, and keeps the log as it was', async ([, seq]) => {
      const log = await givenShop()
      await log.append(await shopOf(log), makeChange(1))

      const refused = log.append(await shopOf(log), makeChange(seq), { receipt: makeReceipt('k') })

      await expect(refused).rejects.toMatchObject({ code: 'LOG_CONFLICT' })
      await expect(refused).rejects.toSatisfy(isAppendConflict)
      expect(await log.read('shop', 0, 10)).toHaveLength(1)
      expect(await log.receipt('shop', 'k')).toBeUndefined()
      await log.append(await shopOf(log), makeChange(2))
      expect(await log.heads()).toMatchObject([{ version: 2 }])
    })

    test.each([
      {
        origin: 'appended',
        write: (log: ChangeLog, to: LogName, last: Change) => log.append(to, last),
      },
      {
        origin: 'copied',
        async write(log: ChangeLog, to: LogName, last: Change) {
          await log.fill(to, [last])
          await log.finish({ ...to, version: last.seq })
        },
      },
    ])('continues only its last change, which was $origin', async ({ write }) => {
      const log = await givenShop()
      const shop = await shopOf(log)
      await write(log, shop, makeChange(1, `"hash":"0" and \\"hash":"0"`))
      const other = { ...makeChange(2), previousHash: '0' }

      for (const append of [log.append, log.appendUrgent])
        await expect(append(shop, other)).rejects.toSatisfy(isAppendConflict)
      expect(await log.head('shop')).toMatchObject({ version: 1 })

      await log.append(shop, makeChange(2))
      expect(await log.head('shop')).toMatchObject({ version: 2 })
    })

    test('confirms its last change, and no other', async () => {
      const log = await givenShop()
      const shop = await shopOf(log)
      await log.confirm(shop, { seq: 0, hash: '' })
      await log.append(shop, makeChange(1))
      await log.append(shop, makeChange(2))

      await log.confirm(shop, makeChange(2))
      await log.confirm(shop, makeChange(2), makeReceipt('k'))

      for (const other of [makeChange(1), makeChange(3), { seq: 2, hash: '1' }])
        await expect(log.confirm(shop, other, makeReceipt('l'))).rejects.toSatisfy(isAppendConflict)
      const missing = log.confirm({ ...shop, epoch: 'e' }, makeChange(2), makeReceipt('l'))
      await expect(missing).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
      expect(await log.receipts('shop')).toEqual([makeReceipt('k')])
      await log.append(shop, makeChange(3))
    })

    test('refuses writes to a project that it does not know', async () => {
      const log = await given()
      const notFound = { code: 'PROJECT_NOT_FOUND' }

      const append = log.append({ project: 'shop', epoch: 'e' }, makeChange(1))
      await expect(append).rejects.toMatchObject(notFound)
      await expect(append).rejects.not.toSatisfy(isAppendConflict)
      expect(await log.heads()).toEqual([])
    })

    test('lets one of many concurrent appends of a number through', async () => {
      const log = await givenShop()

      const shop = await shopOf(log)

      const results = await Promise.allSettled(
        Array.from({ length: 20 }, () => log.append(shop, makeChange(1))),
      )

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await log.read('shop', 0, 10)).toHaveLength(1)
    })

    test('keeps a change of several MiB', async () => {
      const log = await givenShop()
      const big = makeChange(1, 'é'.repeat(2_000_000))
      await log.append(await shopOf(log), big)

      expect(await log.read('shop', 0, 1)).toEqual([big])
    })

    test('keeps the last checkpoint of a log, and deletes it with the log', async () => {
      const log = await givenShop()
      const [shop] = await log.heads()
      const texts = ['head', 'Grüezi 👋', 'x'.repeat(200_000)]

      expect(await log.checkpoint('shop')).toEqual([])
      await log.keepCheckpoint(shop!, [...texts, 'longer'])
      await log.keepCheckpoint(shop!, texts)
      expect(await log.checkpoint('shop')).toEqual(texts)
      expect(await log.checkpoint('bank')).toEqual([])

      await log.delete(shop!)
      await log.create('shop')
      await log.keepCheckpoint(shop!, texts)
      expect(await log.checkpoint('shop')).toEqual([])
    })

    test('keeps a receipt, with its change or alone, until it is pruned', async () => {
      const log = await givenShop()
      await log.append(await shopOf(log), makeChange(1), { receipt: makeReceipt('k', 1_000) })
      const headers = { etag: '"2"', location: '/%C3%A9' }
      const receipt = { ...makeReceipt('l', 2_000), headers }
      await log.append(await shopOf(log), makeChange(2), { receipt })
      await log.keepReceipt('shop', makeReceipt('m', 1_400))

      expect(await log.receipt('shop', 'm')).toMatchObject({ key: 'm' })
      expect(await log.receipt('bank', 'm')).toBeUndefined()
      expect(await log.receipt('shop', 'k')).toEqual(makeReceipt('k', 1_000))
      await log.pruneReceipts(1_500)
      for (const key of ['k', 'm']) expect(await log.receipt('shop', key)).toBeUndefined()
      expect(await log.receipt('shop', 'l')).toEqual(receipt)
      expect(await log.receipts('shop')).toEqual([receipt])
    })
  })

  describeWatch(name, givenShop)
  describeReplicas(name, makeFixture)
}

function describeWatch(name: string, givenShop: () => Promise<ChangeLog>): void {
  describe(`a watch of the ${name} change log`, () => {
    test('announces every append at least once, when it can be read', async () => {
      const log = await givenShop()
      const readable: Promise<readonly [announced: number, read: number]>[] = []
      const { heads } = watchHeads(log, ({ project, version }) => {
        readable.push(log.read(project, 0, 10).then((changes) => [version, changes.length]))
      })

      await log.append(await shopOf(log), makeChange(1))
      await expect.poll(() => heads.at(-1)?.version).toBe(1)
      for (const seq of [2, 3]) await log.append(await shopOf(log), makeChange(seq))
      await expect.poll(() => heads.at(-1)?.version).toBe(3)

      const versions = heads.map(({ version }) => version)
      expect(versions).toEqual(versions.toSorted((a, b) => a - b))
      for (const [announced, read] of await Promise.all(readable))
        expect(read).toBeGreaterThanOrEqual(announced)
    })

    test('names the project that has moved, and is silent about refused appends', async () => {
      const log = await givenShop()
      const bank = await log.create('bank')
      const { heads } = watchHeads(log)

      await log.append(await shopOf(log), makeChange(7)).catch(() => undefined)
      await log.append(bank, makeChange(1))
      await expect.poll(() => heads.length).toBeGreaterThan(0)

      expect(new Set(heads.map(({ project }) => project))).toEqual(new Set(['bank']))
    })

    test('ends by itself, and survives the error of another', async () => {
      const log = await givenShop()
      const warnings: Error[] = []
      const noteWarning = (warning: Error) => warnings.push(warning)
      process.on('warning', noteWarning)
      onTestFinished(() => void process.off('warning', noteWarning))
      const ended = watchHeads(log)
      const stop = log.watch(() => {
        throw new Error('a listener failed')
      })
      const other = watchHeads(log)
      ended.stop()

      await log.append(await shopOf(log), makeChange(1))
      await expect.poll(() => other.heads).toHaveLength(1)
      await expect.poll(() => warnings.map(String)).toContain('Error: a listener failed')
      stop()

      expect(ended.heads).toEqual([])
    })
  })
}

/** The promises to several processes on one log, for implementations that allow them. */
function describeReplicas(name: string, makeFixture: () => StoresFixture): void {
  if (makeFixture().openReplica === undefined) return
  describe(`replicas of the ${name} change log`, () => {
    const givenReplicas = async () => {
      const { fixture, stores } = await openForTest(makeFixture)
      const replica = await fixture.openReplica!()
      onTestFinished(() => replica.close())
      await stores.log.create('shop')
      return { one: stores.log, other: replica.log, replica }
    }

    test('see and announce the appends of each other', async () => {
      const { one, other } = await givenReplicas()
      const { heads } = watchHeads(one)

      await other.append(await shopOf(other), makeChange(1), { receipt: makeReceipt('k') })

      expect(await one.read('shop', 0, 10)).toEqual([makeChange(1)])
      expect(await one.receipt('shop', 'k')).toMatchObject({ key: 'k' })
      await expect.poll(() => heads).toMatchObject([{ project: 'shop', version: 1 }])
    })

    test('lose a sequence number to each other by an append conflict', async () => {
      const { one, other } = await givenReplicas()
      await other.append(await shopOf(other), makeChange(1))

      await expect(one.append(await shopOf(one), makeChange(1))).rejects.toSatisfy(isAppendConflict)

      await one.append(await shopOf(one), makeChange(2))
      expect(await other.heads()).toMatchObject([{ version: 2 }])
    })

    test('go on when one of them closes, whose watches end', async () => {
      const { one, replica } = await givenReplicas()
      const closed = watchHeads(replica.log)
      const open = watchHeads(one)
      await replica.close()

      await one.append(await shopOf(one), makeChange(1))
      await expect.poll(() => open.heads).toHaveLength(1)
      await nextTurn()

      expect(closed.heads).toEqual([])
    })
  })
}

/** Watches until the test is finished. */
function watchHeads(log: ChangeLog, listener: (head: LogHead) => void = () => undefined) {
  const heads: LogHead[] = []
  const stop = log.watch((head) => {
    heads.push(head)
    listener(head)
  })
  onTestFinished(stop)
  return { heads, stop }
}

/** The head of the log of `shop`. */
export async function shopOf(log: ChangeLog): Promise<LogHead> {
  return (await log.head('shop'))!
}

export function makeChange(seq: number, reason = 'because'): Change {
  return {
    seq,
    at: '2026-11-20T08:00:00.000Z',
    actor: { kind: 'system', id: 'test', name: 'test' },
    action: 'test',
    edits: [],
    reason,
    requestId: 'r',
    previousHash: seq > 1 ? String(seq - 1) : '',
    hash: String(seq),
  }
}

export function makeReceipt(key: string, at = 0): Receipt {
  return { key, fingerprint: 'f', status: 201, body: '{"a":"é"}', headers: {}, at }
}
