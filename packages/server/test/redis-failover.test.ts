import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openActivity } from './activity-client.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import {
  type LossyRedis,
  startLossyAddress,
  startLossyCluster,
  startLossySentinel,
} from './lossy-redis.ts'
import { scrape } from './scrape.ts'
import { folder, run } from './server-process.ts'
import { openStreamClient } from './stream-client.ts'

const FLAG = 'search'
/** Longest recovery after a failover, ms. */
const RECOVERY = { timeout: 15_000 }

const PREFIX = 'p'

const settingsOf = ({ url }: LossyRedis) => ({
  FLAGHOIST_REDIS_URL: url,
  FLAGHOIST_REDIS_PREFIX: PREFIX,
  FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
  FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
  FLAGHOIST_DATA_DIR: folder(),
})

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

test.each([
  ['behind one address', startLossyAddress],
  ['by a Sentinel', startLossySentinel],
  ['in a Cluster', () => startLossyCluster(PREFIX, 'default')],
])('servers recover alone from a failover %s that lost acknowledged changes', async (_, start) => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await start()
  const one = await givenServer(settingsOf(redis))
  await makeFlag(one)
  const other = await givenServer(settingsOf(redis))
  const logged = run({ ...settingsOf(redis), FLAGHOIST_LOG_LEVEL: 'error' })
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
  const fresh = await givenServer(settingsOf(redis))
  expect(await headOf(fresh)).toEqual(await headOf(other))
})

test('a kill without Redis applies throughout a failover that lost changes, and is committed', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await startLossyAddress()
  const server = await givenServer(settingsOf(redis))
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
