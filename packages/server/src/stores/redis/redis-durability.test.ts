import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { FlaghoistError } from '@flaghoist/core'
import { expect, onTestFinished, test } from 'vitest'
import { redisCli, startRedis, waitForReplica } from '../../../../../test-support/redis.ts'
import { makeChange } from '../change-log.contract.ts'
import { openRedisStores } from './redis-stores.ts'
import { parseRedisUrl } from './redis-url.ts'

async function givenRedis(...options: readonly string[]) {
  const redis = await startRedis(...options)
  onTestFinished(() => redis.stop())
  return redis
}

async function openLog(url: string, replicas: number) {
  const address = parseRedisUrl(url)!
  const stores = await openRedisStores({ address, prefix: 'p', durability: 'disk', replicas })
  onTestFinished(() => stores.close())
  return stores.log
}

/** A master with a replica in step with it. */
async function givenReplication() {
  const master = await givenRedis('--repl-diskless-sync-delay', '0')
  const replica = await givenRedis('--replicaof', '127.0.0.1', `${master.port}`)
  await waitForReplica(master, replica)
  return { master, replica }
}

test('a failover loses a change that no replica had, unless a write waits for replicas', async () => {
  const { master, replica } = await givenReplication()
  const [log, careful] = [await openLog(master.url, 0), await openLog(master.url, 1)]
  const shop = await careful.create('shop')
  await careful.append(shop, makeChange(1))

  await redisCli(replica.port, 'REPLICAOF', 'NO', 'ONE')
  await log.append(shop, makeChange(2))
  await expect(careful.append(shop, makeChange(3))).rejects.toMatchObject({
    code: 'REDIS_UNAVAILABLE',
    message: expect.stringContaining('0 of 1 replicas confirmed a write in time'),
  })

  const promoted = await openLog(replica.url, 0)
  expect(await promoted.read('shop', 0, 10)).toEqual([makeChange(1)])
})

test('a repeated write is not acknowledged either while no replica has it', async () => {
  const { master, replica } = await givenReplication()
  const [log, other] = [await openLog(master.url, 1), await openLog(master.url, 1)]
  const shop = await log.create('shop')
  await redisCli(replica.port, 'REPLICAOF', 'NO', 'ONE')
  const receipt = { key: 'k', fingerprint: 'f', status: 200, body: '{}', headers: {}, at: 1_000 }
  const refused = { code: 'REDIS_UNAVAILABLE' }
  await expect(log.append(shop, makeChange(1), { receipt })).rejects.toMatchObject(refused)

  for (const one of [log, other])
    await expect(one.receipt('shop', 'k')).rejects.toMatchObject(refused)

  await redisCli(replica.port, 'REPLICAOF', '127.0.0.1', `${master.port}`)
  await expect.poll(() => other.receipt('shop', 'k').catch(() => undefined)).toEqual(receipt)
})

/**
 * Stands between a client and a Redis without WAITAOF: the server seems to have the command, whose
 * reply is given. Debian's Redis is too old for it.
 */
async function withWaitaof(port: number, reply: string): Promise<string> {
  const script = `return ${reply}`
  const evaluation = `*3\r\n$4\r\neval\r\n$${script.length}\r\n${script}\r\n$1\r\n0\r\n`
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      const known = text.replace(/(INFO\r\n)\$7\r\nwaitaof/, '$1$$4\r\nwait')
      const command = /\*4\r\n\$7\r\nwaitaof\r\n(?:\$\d+\r\n\d+\r\n){3}/
      server.write(
        Buffer.from(
          known.replace(command, () => evaluation),
          'latin1',
        ),
      )
    })
    server.pipe(client)
    client.on('error', () => undefined).on('close', () => server.destroy())
    server.on('error', () => undefined).on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  return `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

test('a Redis with WAITAOF may sync each second, and a write waits for it', async () => {
  const { port } = await givenRedis('--appendfsync', 'everysec')
  const log = await openLog(await withWaitaof(port, '{1, 0}'), 0)
  const slow = await openLog(await withWaitaof(port, '{0, 0}'), 0)
  const shop = await log.create('shop')
  await log.append(shop, makeChange(1))

  await expect(slow.append(shop, makeChange(2))).rejects.toMatchObject({
    code: 'REDIS_UNAVAILABLE',
    message: expect.stringContaining('confirmed no write on its disk'),
  })
})

test('a Redis that loses the last second is refused, unless it has WAITAOF', async () => {
  const { url, port } = await givenRedis('--appendfsync', 'everysec')
  const hasWaitaof = (await redisCli(port, 'COMMAND', 'INFO', 'waitaof')).includes('waitaof')
  const outcome = await openLog(url, 0).then(
    () => 'accepted',
    ({ code, message }: FlaghoistError) => `${code}: ${message}`,
  )
  const refusal = /^REDIS_UNSUITABLE: .*appendfsync is everysec/
  expect(outcome).toMatch(hasWaitaof ? /^accepted$/ : refusal)
})

test.for([
  ['without an append-only file', ['--appendonly', 'no'], 'appendonly is no'],
  ['that deletes keys', ['--maxmemory-policy', 'allkeys-lru'], 'maxmemory-policy is allkeys-lru'],
] as const)('a Redis %s is refused', async ([, options, reason]) => {
  const { url } = await givenRedis(...options)

  await expect(openLog(url, 0)).rejects.toMatchObject({
    code: 'REDIS_UNSUITABLE',
    message: expect.stringContaining(reason),
    hint: expect.stringContaining('FLAGHOIST_REDIS_DURABILITY=memory'),
  })
})

test('a Redis without files is accepted where memory suffices', async () => {
  const { url } = await givenRedis('--appendonly', 'no')
  const address = parseRedisUrl(url)!
  const settings = { address, prefix: 'p', durability: 'memory', replicas: 0 } as const
  const { log, close } = await openRedisStores(settings)
  onTestFinished(close)

  await log.append(await log.create('shop'), makeChange(1))

  expect(await log.head('shop')).toMatchObject({ version: 1 })
})
