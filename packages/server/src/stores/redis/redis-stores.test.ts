import { randomBytes, randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { makeReceipt } from '../change-log.contract.ts'
import { createServerShare } from '../server-share.ts'
import { describeStores } from '../stores.contract.ts'
import { openRedisStores } from './redis-stores.ts'
import { parseRedisUrl } from './redis-url.ts'

const settingsFor = (kind: 'standalone' | 'cluster') =>
  ({
    address: parseRedisUrl(inject('redisUrls')[kind])!,
    prefix: randomUUID(),
    durability: 'disk',
    replicas: 0,
  }) as const

for (const [name, kind] of [
  ['Redis', 'standalone'],
  ['Redis Cluster', 'cluster'],
] as const)
  describeStores(name, () => {
    const settings = settingsFor(kind)
    const open = () => openRedisStores(settings)
    return { open, openReplica: open, cleanUp: async () => undefined }
  })

test('units count once while their hashes are divided, and again after they were pruned', async () => {
  const { log, events, close } = await openRedisStores(settingsFor('standalone'))
  onTestFinished(close)
  await log.create('shop')
  const attempt = { flag: 'theme', scope: 'production', attempt: 1 }
  const cell = { ...attempt, revision: 1, variant: 'dark', split: '' }
  const units = Array.from({ length: 6_000 }, () => randomBytes(8).toString('hex'))
  const add = async (some: readonly string[]) => {
    const exposure = { ...cell, arm: 'treatment', reason: 'SPLIT', minute: 0, count: 1 } as const
    const exposures = [{ ...exposure, units: some }]
    const batch = { id: randomUUID(), at: 0, exposures, outcomes: [], maxMetrics: 1 }
    return [...(await events.add('shop', batch)).newUnits.values()]
  }

  expect(await add(units.slice(0, 4_000))).toEqual([4_000])
  expect(await add(units.slice(2_000))).toEqual([2_000])
  expect(await add(units)).toEqual([])
  await events.prune({ batches: 0, units: 1, sums: 0 })
  expect(await add(units)).toEqual([6_000])
})

test('a receipt of an earlier version keeps its ETag', async () => {
  const { log, close } = await openRedisStores(settingsFor('standalone'))
  onTestFinished(close)
  await log.create('shop')
  const { headers: _, ...rest } = makeReceipt('k')
  await log.keepReceipt('shop', { ...rest, etag: '"2"' } as never)

  const receipt = { ...makeReceipt('k'), headers: { etag: '"2"' } }
  expect(await log.receipt('shop', 'k')).toEqual(receipt)
  expect(await log.receipts('shop')).toEqual([receipt])
})

test('a scope with SDKs is known to all servers, and forgotten with its project', async () => {
  const settings = settingsFor('cluster')
  const [one, other] = [await openRedisStores(settings), await openRedisStores(settings)]
  onTestFinished(async () => void (await Promise.all([one.close(), other.close()])))
  const shop = await one.log.create('shop')

  await one.presence!.record('shop', ['production/acme'])
  await other.presence!.record('shop', ['staging'])
  await other.presence!.record('bank', ['staging'])

  const known = new Set(['production/acme', 'staging'])
  for (const { presence } of [one, other]) expect(await presence!.recent('shop')).toEqual(known)
  expect(await one.presence!.recent('bank')).toEqual(new Set())
  await one.log.delete(shop)
  await one.log.create('shop')
  expect(await other.presence!.recent('shop')).toEqual(new Set())
})

test('each server may use its part of a limit', async () => {
  const settings = settingsFor('cluster')
  const [one, other] = [await openRedisStores(settings), await openRedisStores(settings)]
  onTestFinished(one.close)
  const share = createServerShare(one.peers)
  await share.refresh()
  expect(share.of(100)).toBe(100)
  for (const { peers } of [one, other]) await peers!.answerWith(async () => '')

  await share.refresh()
  expect(share.of(100)).toBe(50)
  await other.close()
  await expect.poll(() => share.refresh().then(() => share.of(100))).toBe(100)
})

test.for([
  ['redis://localhost', { hosts: [{ host: 'localhost', port: 6379 }], database: 0 }],
  ['rediss://ada:p%40ss@[::1]:7000/3', { username: 'ada', password: 'p@ss', isEncrypted: true }],
  ['redis+sentinel://:pw@a:1,b/main/2', { kind: 'sentinel', master: 'main', database: 2 }],
  ['redis+cluster://a,b:7001', { kind: 'cluster', hosts: [{ port: 6379 }, { port: 7001 }] }],
] as const)('the URL %s is understood', ([url, expected]) => {
  expect(parseRedisUrl(url)).toMatchObject(expected)
})

test.for([
  'http://localhost',
  'redis://',
  'redis://a,b',
  'redis://a/name',
  'redis+cluster://a,b/1',
  'redis+sentinel://a',
  'redis://%zz@a',
  'redis://a:port',
])('the URL %s is not', (url) => {
  expect(parseRedisUrl(url)).toBeUndefined()
})
