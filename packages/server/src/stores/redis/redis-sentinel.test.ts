import { expect, onTestFinished, test } from 'vitest'
import {
  redisCli,
  startRedis,
  startSentinel,
  waitForReplica,
} from '../../../../../test-support/redis.ts'
import { makeChange } from '../change-log.contract.ts'
import { openRedisStores } from './redis-stores.ts'
import { parseRedisUrl } from './redis-url.ts'

test('a server follows the master that the Sentinels name, and loses no confirmed change', async () => {
  const master = await startRedis('--repl-diskless-sync-delay', '0')
  const replica = await startRedis('--replicaof', '127.0.0.1', `${master.port}`)
  await waitForReplica(master, replica)
  const sentinel = await startSentinel(master)
  onTestFinished(async () => {
    await Promise.all([master, replica, sentinel].map(({ stop }) => stop()))
  })
  await expect
    .poll(() => redisCli(Number(new URL(sentinel.url).port), 'SENTINEL', 'REPLICAS', 'main'))
    .toContain(`${replica.port}`)
  const address = parseRedisUrl(sentinel.url)!
  const settings = { address, prefix: 'p', durability: 'disk' } as const
  const careful = await openRedisStores({ ...settings, replicas: 1 })
  const { log, ...stores } = await openRedisStores({ ...settings, replicas: 0 })
  onTestFinished(async () => void (await Promise.all([careful.close(), stores.close()])))
  const shop = await careful.log.create('shop')
  await careful.log.append(shop, makeChange(1))
  const announced: number[] = []
  log.watch(({ version }) => void announced.push(version))

  await master.kill()
  await expect
    .poll(() => log.append(shop, makeChange(2)).then(() => 'stored'), { timeout: 15_000 })
    .toBe('stored')

  expect(await log.read('shop', 0, 10)).toEqual([makeChange(1), makeChange(2)])
  await expect.poll(() => announced.at(-1)).toBe(2)
})

test('a server names the password that the Sentinels themselves require', async () => {
  const master = await startRedis()
  const sentinel = await startSentinel(master, { password: 'pass&word' })
  onTestFinished(async () => {
    await Promise.all([master, sentinel].map(({ stop }) => stop()))
  })
  const address = parseRedisUrl(`${sentinel.url}?sentinel_password=pass%26word`)!

  const { log, close } = await openRedisStores({
    ...{ address, prefix: 'p', durability: 'disk', replicas: 0 },
  })
  onTestFinished(close)

  expect(await log.create('shop')).toMatchObject({ project: 'shop' })
})
