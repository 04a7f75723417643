import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../../../../../test-support/redis.ts'
import { openRedisStores } from './redis-stores.ts'
import { parseRedisUrl } from './redis-url.ts'

/** A path to a Redis, whose connections can be broken. */
async function startPath(port: number) {
  const clients = new Set<Socket>()
  let renewals = 0
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    clients.add(client)
    client.on('error', () => undefined).on('close', () => server.destroy())
    server.on('error', () => undefined).on('close', () => client.destroy())
    server.pipe(client)
    client.on('data', (bytes) => {
      if (renewals > 0 && /\bsubscribe\b/i.test(bytes.toString('latin1'))) {
        renewals -= 1
        client.destroy()
      } else server.write(bytes)
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => void proxy.close())
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** Breaks all connections, and then each one that subscribes, some times. */
    break(times: number): void {
      renewals = times
      for (const client of clients) client.destroy()
    },
    /** Number of subscriptions that are still to be broken. */
    left: () => renewals,
  }
}

// An unhandled rejection would end the process of a server, and fails this run.
test('a server survives connections that break while it subscribes again', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const path = await startPath(redis.port)
  const address = parseRedisUrl(path.url)!
  const stores = await openRedisStores({ address, prefix: 'p', durability: 'disk', replicas: 0 })
  onTestFinished(() => stores.close())
  const peers = stores.peers!
  await peers.answerWith(async () => 'here')
  expect(await peers.count()).toBe(1)

  path.break(2)

  await expect.poll(path.left).toBe(0)
  await expect.poll(() => peers.count().catch(() => 0)).toBe(1)
})
