import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  redisCli,
  startRedis,
  type TestRedis,
  waitForReplica,
} from '../../../test-support/redis.ts'
import { openActivity } from './activity-client.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { scrape } from './scrape.ts'
import { folder, run } from './server-process.ts'
import { openStreamClient } from './stream-client.ts'

const FLAG = 'search'
/** Longest recovery after a failover, ms. */
const RECOVERY = { timeout: 8_000 }

/** An address that leads to one server after the other, as managed services have. */
async function startAddress(first: number) {
  const sockets = new Set<Socket>()
  let port = first
  const keep = (socket: Socket, other: Socket) =>
    sockets.add(
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket)
          other.destroy()
        }),
    )
  const address = createServer((client) => {
    const redis = connect(port, '127.0.0.1')
    keep(client, redis)
    keep(redis, client)
    client.pipe(redis).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(address, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    address.close()
  })
  return {
    url: `redis://127.0.0.1:${(address.address() as AddressInfo).port}`,
    moveTo(next: TestRedis) {
      port = next.port
      cut()
    },
  }
}

/** A master with a replica that can take its place. */
async function givenRedis() {
  const master = await startRedis('--repl-diskless-sync-delay', '0')
  onTestFinished(() => master.stop())
  const replica = await startRedis('--replicaof', '127.0.0.1', `${master.port}`)
  onTestFinished(() => replica.stop())
  await waitForReplica(master, replica)
  const address = await startAddress(master.port)
  return {
    settings: () => ({
      FLAGHOIST_REDIS_URL: address.url,
      FLAGHOIST_REDIS_PREFIX: 'p',
      FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
      FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
      FLAGHOIST_DATA_DIR: folder(),
    }),
    /** Ends the replication: the replica receives no later change. */
    async separate() {
      const written = await offsetOf(master, 'master_repl_offset')
      await expect
        .poll(() => offsetOf(replica, 'slave_repl_offset'))
        .toBeGreaterThanOrEqual(written)
      await redisCli(replica.port, 'REPLICAOF', 'NO', 'ONE')
    },
    async failOver() {
      await master.kill()
      address.moveTo(replica)
    },
    kill: () => master.kill(),
  }
}

/** Returns the number of bytes that a server has written or received. */
async function offsetOf({ port }: TestRedis, field: string): Promise<number> {
  const info = await redisCli(port, 'INFO', 'replication')
  return Number(new RegExp(`${field}:(\\d+)`).exec(info)![1])
}

async function givenServer(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startTestServer(settings)
  onTestFinished(() => server.server.close())
  return server
}

/** Opens an SDK, and records the answers that it could give. */
async function openSdk(url: string, key: string) {
  const flags = createFlags({ url, key })
  onTestFinished(() => flags.close())
  const isOn = () => flags.isEnabled(FLAG, { targetingKey: 'ada' })
  const answers: boolean[] = []
  flags.on('change', () => void answers.push(isOn()))
  await flags.ready()
  return { flags, isOn, answers }
}

async function makeFlag({ ask }: TestServer) {
  await ask('POST', 'flags', { body: { key: FLAG } })
  await ask('PUT', `flags/${FLAG}/layers/production`, { body: { on: true } })
}

interface Position {
  readonly version: number
  readonly hash: string
}

const headOf = async ({ ask }: TestServer) => (await ask<Position>('GET', 'head')).body
const kill = ({ ask }: TestServer) =>
  ask<{ state?: string }>('POST', `flags/${FLAG}/kill`, { body: { reason: 'It breaks' } })
const createWith = ({ ask }: TestServer, key: string, idempotencyKey: string) =>
  ask('POST', 'flags', { body: { key }, headers: { 'idempotency-key': idempotencyKey } })

test('servers recover alone from a failover that lost acknowledged changes', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await givenRedis()
  const one = await givenServer(redis.settings())
  await makeFlag(one)
  const other = await givenServer(redis.settings())
  const logged = run({ ...redis.settings(), FLAGHOIST_LOG_LEVEL: 'error' })
  const loggedUrl = await logged.url()
  const key = await one.makeKey('server', 'production')
  const kept = await headOf(one)
  const ruleset = (url: string) =>
    fetch(`${url}/sdk/v1/ruleset`, { headers: { authorization: `Bearer ${key}` } })
  for (const url of [other.url, loggedUrl])
    await expect.poll(async () => (await ruleset(url)).status).toBe(200)
  const sdks = await Promise.all([one.url, other.url, loggedUrl].map((url) => openSdk(url, key)))
  const isOn = () => new Set(sdks.map((sdk) => sdk.isOn()))

  await redis.separate()
  const lostKey = await one.makeKey('server', 'production')
  expect(await createWith(one, 'late', 'k-1')).toMatchObject({ status: 201 })
  expect(await kill(other)).toMatchObject({ status: 200 })
  await expect.poll(isOn).toEqual(new Set([false]))
  const lost = await headOf(one)
  expect(lost.version).toBe(kept.version + 3)
  const stream = await openStreamClient(one.url, key)
  await stream.until('it has the lost ruleset', () => stream.ruleset?.version === lost.version)
  const people = await openActivity({
    url: one.url,
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  await redis.failOver()

  await expect.poll(isOn, RECOVERY).toEqual(new Set([true]))
  await stream.until('it has the state of Redis', () => stream.ruleset?.version === kept.version)
  expect(stream.events.findLast(({ type }) => type !== 'heartbeat')?.type).toBe('put')
  expect(stream.isClosed).toBe(false)
  await expect.poll(() => people.of('reset').at(-1)?.data).toMatchObject({ version: kept.version })
  for (const server of [one, other]) expect(await headOf(server)).toMatchObject(kept)
  const refused = await one.ask('GET', '/sdk/v1/ruleset', { key: lostKey })
  expect(refused).toMatchObject({ status: 401, body: { code: 'KEY_UNKNOWN' } })
  await logged.says(/has lost acknowledged changes/)
  expect(JSON.parse(/^\{.*has lost acknowledged.*$/m.exec(logged.output())![0])).toMatchObject({
    level: 'error',
    project: 'default',
    version: kept.version,
    hash: kept.hash,
    lost: { first: kept.version + 1, last: lost.version },
  })
  expect((await scrape(one.url)).value('flaghoist_log_reloads_total')).toBe(1)

  expect(await createWith(other, 'late', 'k-1')).toMatchObject({ status: 201 })
  await expect.poll(() => one.ask('GET', 'flags/late')).toMatchObject({ status: 200 })
  expect(await kill(one)).toMatchObject({ status: 200 })
  await expect.poll(isOn).toEqual(new Set([false]))
  const { version } = await headOf(one)
  expect(version).toBe(kept.version + 2)
  const propagated = async () => (await one.ask('GET', 'propagation')).body
  await expect.poll(propagated, RECOVERY).toMatchObject({ connected: 4, confirmed: 3 })
  const fresh = await givenServer(redis.settings())
  expect(await headOf(fresh)).toEqual(await headOf(other))
})

test('a kill without Redis applies throughout a failover that lost changes, and is committed', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await givenRedis()
  const server = await givenServer(redis.settings())
  await makeFlag(server)
  const sdk = await openSdk(server.url, await server.makeKey('server', 'production'))
  await redis.separate()
  await server.ask('POST', 'flags', { body: { key: 'late' } })
  const { version } = await headOf(server)

  await redis.kill()
  expect(await kill(server)).toMatchObject({ body: { state: 'local, will be committed' } })
  await expect.poll(sdk.isOn).toBe(false)
  sdk.answers.length = 0
  await redis.failOver()

  const latest = async () =>
    (await server.ask<{ items: object[] }>('GET', 'changes?limit=1')).body.items[0]
  await expect.poll(latest, RECOVERY).toMatchObject({ seq: version, action: 'flag.kill' })
  await expect.poll(() => sdk.flags.status()).toMatchObject({ state: 'live', version })
  expect(sdk.answers).not.toContain(true)
  expect(sdk.isOn()).toBe(false)
  const { status } = await server.ask('POST', `flags/${FLAG}/restore`, {
    body: { reason: 'Fixed' },
  })
  expect(status).toBe(200)
  await expect.poll(sdk.isOn).toBe(true)
})
