import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Ruleset } from '@flaghoist/core'
import { createFlags } from '@flaghoist/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startRedis } from '../../../test-support/redis.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { folder, run } from './server-process.ts'

const ADA = { targetingKey: 'ada' }
const SECRET = 'a secret that all servers share, for tests'
/** Settings of servers that share a Redis. */
const shared = () => ({ FLAGHOIST_REDIS_PREFIX: randomUUID(), FLAGHOIST_SECRET: SECRET })

interface KillAnswer {
  readonly version?: number
  readonly state?: string
  readonly changed: readonly { flag: string; scope: string }[]
  readonly sent?: readonly { scope: string; sdks: number }[]
  readonly warnings?: readonly { code: string }[]
}

/** A link to Redis that can be cut, or that passes nothing on. */
async function startLink(port: number) {
  const sockets = new Set<Socket>()
  let state: 'up' | 'cut' | 'silent' = 'up'
  const link = createServer((client) => {
    if (state === 'cut') return client.destroy()
    const redis = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(one)
      one.on('data', (bytes) => state === 'up' && other.write(bytes))
      one.on('error', () => undefined).on('close', () => other.destroy() && sockets.delete(one))
    }
    return undefined
  })
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    state = 'cut'
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    link.close()
  })
  return {
    url: `redis://127.0.0.1:${(link.address() as { port: number }).port}`,
    cut,
    silence() {
      state = 'silent'
    },
    mend() {
      // What was not passed on is lost.
      cut()
      state = 'up'
    },
  }
}

async function givenRedis() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  return redis
}

async function givenServer(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startTestServer(settings)
  onTestFinished(() => server.server.close())
  return server
}

async function makeFlag(server: TestServer, key = 'search') {
  await server.ask('POST', 'flags', { body: { key, tags: { team: 'search' } } })
  await server.ask('PUT', `flags/${key}/layers/production`, { body: { on: true } })
}

const kill = (server: TestServer, flag = 'search', key?: string) =>
  server.ask<KillAnswer>('POST', `flags/${flag}/kill?reason=broken`, key ? { key } : {})
const isKilled = async (server: TestServer, flag = 'search') => {
  const { body } = await server.ask<{ layers: Record<string, { killed?: object }> }>(
    'GET',
    `flags/${flag}`,
  )
  return Object.values(body.layers).some(({ killed }) => killed !== undefined)
}

/** Opens an SDK that records its versions. */
async function openSdk(server: { url: string }, key: string, cacheDir?: string) {
  const flags = createFlags({ url: server.url, key, ...(cacheDir && { cacheDir }) })
  onTestFinished(() => flags.close())
  const versions: number[] = []
  flags.on('change', () => versions.push(flags.status().version ?? 0))
  await flags.ready()
  return { flags, versions, serves: () => flags.isEnabled('search', ADA) }
}

test('a kill while Redis is gone applies at once, and is committed when Redis is back', async () => {
  const redis = await givenRedis()
  const dataDir = folder()
  const settings = { FLAGHOIST_REDIS_URL: redis.url, ...shared(), FLAGHOIST_DATA_DIR: dataDir }
  const server = await givenServer(settings)
  await makeFlag(server)
  await server.ask('POST', 'instances', { body: { key: 'acme' } })
  const sdk = await openSdk(server, await server.makeKey('server', 'production/acme'))
  const bound = await server.makeKey('admin', 'production')

  await redis.kill()
  const answer = await kill(server, 'search', bound)

  expect(answer).toMatchObject({
    status: 202,
    body: {
      state: 'local, will be committed',
      changed: [{ flag: 'search', scope: 'production' }],
      sent: [{ scope: 'production/acme', sdks: 1 }],
    },
  })
  expect(answer.body).not.toHaveProperty('warnings')
  await expect.poll(sdk.serves).toBe(false)
  expect(await isKilled(server)).toBe(true)
  expect((await kill(server, 'search', bound)).body).toMatchObject({ changed: [] })
  expect(await server.ask('POST', 'flags/search/restore')).toMatchObject({ status: 503 })
  expect(await kill(server, 'serch')).toMatchObject({ status: 404 })

  await redis.restart()
  const committed = async () =>
    (await server.ask<{ items: object[] }>('GET', 'changes?limit=1')).body.items[0]
  await expect.poll(committed).toMatchObject({
    action: 'flag.kill',
    reason: 'broken',
    actor: { name: 'admin production' },
  })
  await expect.poll(() => readdirSync(join(dataDir, 'flaghoist.kills'))).toEqual([])
  const { body } = await server.ask<{ version: number }>('GET', 'propagation')
  await expect.poll(() => sdk.flags.status().version).toBe(body.version)
  expect(sdk.serves()).toBe(false)
  expect(sdk.versions).toEqual(sdk.versions.toSorted((a, b) => a - b))
})

test('a kill survives kill -9 of its server, and is committed before the server listens', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await givenRedis()
  const dataDir = folder()
  const settings = { FLAGHOIST_REDIS_URL: redis.url, ...shared(), FLAGHOIST_ADMIN_KEY: ADMIN_KEY }
  const other = await givenServer(settings)
  await makeFlag(other)
  const one = run({ ...settings, FLAGHOIST_DATA_DIR: dataDir })
  const url = await one.url()
  await redis.kill()
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const path = '/api/v1/projects/default'
  const tagged = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }
  const killed = await fetch(`${url}${path}/kill`, {
    ...tagged,
    body: JSON.stringify({ flagTags: { team: 'search' } }),
  })
  expect([killed.status, await killed.json()]).toMatchObject([
    202,
    { flags: ['search'], scopes: ['*'], sent: [] },
  ])

  one.child.kill('SIGKILL')
  await one.exited
  const refused = run({ ...settings, FLAGHOIST_DATA_DIR: dataDir })
  expect(await refused.exited).toBe(1)
  expect(refused.output()).toContain('Redis cannot be read or written')
  expect(readdirSync(join(dataDir, 'flaghoist.kills'))).toHaveLength(1)
  await redis.restart()
  const again = run({ ...settings, FLAGHOIST_DATA_DIR: dataDir })
  const ruleset = await fetch(`${await again.url()}${path}/flags/search`, { headers })

  expect(JSON.stringify(await ruleset.json())).toContain('"killed"')
  expect(readdirSync(join(dataDir, 'flaghoist.kills'))).toEqual([])
  await expect.poll(() => isKilled(other)).toBe(true)
})

test('kills with the same request id, which looks like a path, all survive kill -9', async () => {
  const redis = await givenRedis()
  const parent = folder()
  const settings = {
    FLAGHOIST_REDIS_URL: redis.url,
    ...shared(),
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_DATA_DIR: join(parent, 'data'),
  }
  const one = run(settings)
  const ask = async (url: string, method: string, path: string, body?: object) => {
    const headers = {
      authorization: `Bearer ${ADMIN_KEY}`,
      'content-type': 'application/json',
      'x-request-id': 'lb/../../../7=',
    }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    return fetch(`${url}/api/v1/projects/default/${path}`, init)
  }
  const url = await one.url()
  const keys = ['search', 'menu', 'cart', 'theme']
  for (const key of keys) await ask(url, 'POST', 'flags', { key, tags: { team: key } })
  await redis.kill()
  const killed = await Promise.all([
    ask(url, 'POST', 'flags/search/kill'),
    ask(url, 'POST', 'flags/menu/kill'),
    ask(url, 'POST', 'kill', { flagTags: { team: 'cart' } }),
    ask(url, 'POST', 'kill', { flagTags: { team: 'theme' } }),
  ])
  for (const answer of killed) {
    expect(answer.status).toBe(202)
    expect(await answer.json()).not.toHaveProperty('warnings')
  }
  expect(readdirSync(parent)).toEqual(['data'])

  one.child.kill('SIGKILL')
  await one.exited
  await redis.restart()
  const again = await run(settings).url()

  const flags = await Promise.all(keys.map((key) => ask(again, 'GET', `flags/${key}`)))
  for (const flag of flags) expect(await flag.text()).toContain('"killed"')
  expect(readdirSync(join(parent, 'data', 'flaghoist.kills'))).toEqual([])
})

describe('two servers, one of which is cut off from Redis', () => {
  async function givenPair() {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const redis = await givenRedis()
    const link = await startLink(redis.port)
    const dataDir = folder()
    const settings = { ...shared(), FLAGHOIST_DATA_DIR: dataDir }
    const linked = await givenServer({ ...settings, FLAGHOIST_REDIS_URL: redis.url })
    const cutOff = await givenServer({ ...settings, FLAGHOIST_REDIS_URL: link.url })
    await makeFlag(linked)
    const key = await linked.makeKey('server', 'production')
    const version = async (server: TestServer) =>
      Number((await server.ask('GET', 'propagation')).body.version)
    const agree = () =>
      expect.poll(async () => (await version(cutOff)) - (await version(linked))).toBe(0)
    await agree()
    return { link, linked, cutOff, key, version, agree, dataDir }
  }

  test('an SDK that changes servers never goes back to an older version', async () => {
    const { link, linked, cutOff, key, agree, version } = await givenPair()
    const cacheDir = folder()
    const before = await openSdk(linked, key, cacheDir)
    await before.flags.close()
    link.cut()
    await kill(cutOff)
    const held = await openSdk(cutOff, key, cacheDir)
    await expect.poll(held.serves).toBe(false)
    await held.flags.close()

    // The other server knows nothing of the kill yet.
    const moved = await openSdk(linked, key, cacheDir)
    await expect.poll(moved.serves).toBe(true)
    link.mend()

    await expect.poll(moved.serves).toBe(false)
    await agree()
    const versions = [...before.versions, ...held.versions, ...moved.versions]
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    expect(moved.flags.status().version).toBe(await version(linked))
  })

  test('a change of the other server and a local kill lead to the same bytes everywhere', async () => {
    const { link, linked, cutOff, key, agree } = await givenPair()
    const sdk = await openSdk(cutOff, key)
    link.cut()
    await kill(cutOff)
    await expect.poll(sdk.serves).toBe(false)
    await makeFlag(linked, 'late')
    link.mend()
    await expect.poll(() => isKilled(linked)).toBe(true)
    await agree()

    const rulesetOf = async ({ ask }: TestServer) =>
      (await ask('GET', '/sdk/v1/ruleset', { key })).body
    expect(await rulesetOf(cutOff)).toEqual(await rulesetOf(linked))
    await expect.poll(() => sdk.flags.isEnabled('late', ADA)).toBe(true)
    expect(sdk.serves()).toBe(false)
    expect(sdk.versions).toEqual(sdk.versions.toSorted((a, b) => a - b))
  })

  test('a flag that the other server has killed meanwhile is killed once', async () => {
    const { link, linked, cutOff, agree, version } = await givenPair()
    link.cut()
    expect(await kill(cutOff)).toMatchObject({ status: 202 })
    const { body } = await kill(linked)
    link.mend()
    await agree()

    await expect
      .poll(async () => (await cutOff.ask('POST', 'flags/search/restore')).status)
      .toBe(200)
    await agree()
    expect(await version(linked)).toBe(body.version! + 1)
    expect(await isKilled(linked)).toBe(false)
  })

  test('a kill in an instance that was deleted meanwhile is dropped', async () => {
    const { link, linked, cutOff, key, agree, dataDir } = await givenPair()
    await linked.ask('POST', 'instances', { body: { key: 'acme' } })
    await agree()
    link.cut()
    await cutOff.ask('POST', 'flags/search/kill', { body: { scopes: ['production/acme'] } })
    const path = '/sdk/v1/ruleset?instance=acme'
    const { body: local } = await cutOff.ask<Ruleset>('GET', path, { key })
    expect(local.flags.search).toMatchObject({ killed: true })
    await linked.ask('DELETE', 'instances/acme')
    link.mend()

    await agree()
    await expect.poll(() => readdirSync(join(dataDir, 'flaghoist.kills'))).toEqual([])
    expect(await isKilled(cutOff)).toBe(false)
  })

  test('a kill in a project that was deleted meanwhile reaches no later project', async () => {
    const { link, linked, cutOff } = await givenPair()
    const shop = '/api/v1/projects/shop'
    const create = async () => {
      await linked.ask('POST', '/api/v1/projects', { body: { key: 'shop' } })
      await linked.ask('POST', `${shop}/flags`, { body: { key: 'search' } })
    }
    const layers = async ({ ask }: TestServer) =>
      (await ask('GET', `${shop}/flags/search`)).body.layers
    await create()
    await expect.poll(() => layers(cutOff)).toEqual(await layers(linked))
    link.cut()
    const killed = await cutOff.ask('POST', `${shop}/flags/search/kill`)
    expect(killed.status).toBe(202)
    await linked.ask('DELETE', `${shop}?confirm=shop&reason=trial`)
    await create()
    link.mend()

    await expect.poll(() => layers(cutOff)).toEqual(await layers(linked))
    expect(JSON.stringify(await layers(linked))).not.toContain('killed')
  })

  test('a Redis that does not answer delays no kill', async () => {
    const { link, cutOff, key } = await givenPair()
    const sdk = await openSdk(cutOff, key)
    link.silence()
    const startedAt = performance.now()
    const answer = kill(cutOff)
    await expect.poll(sdk.serves, { interval: 10 }).toBe(false)

    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await answer).toMatchObject({ status: 202 })
    link.mend()
    await expect
      .poll(async () => (await cutOff.ask('POST', 'flags/search/restore')).status, {
        timeout: 8_000,
      })
      .toBe(200)
    await expect.poll(sdk.serves).toBe(true)
  })
})

test('a kill that is in no file says so', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await givenRedis()
  const server = await givenServer({ FLAGHOIST_REDIS_URL: redis.url, ...shared() })
  await makeFlag(server)
  await redis.kill()

  expect(await kill(server)).toMatchObject({
    status: 202,
    body: { warnings: [{ code: 'KILL_NOT_JOURNALED' }] },
  })
})
