import { randomUUID } from 'node:crypto'
import { createFlags } from '@flaghoist/node'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { redisCli, startRedis } from '../../../test-support/redis.ts'
import { loadConfig } from '../src/config.ts'
import { startTestServer, type TestServer } from './http-server.ts'

const SECRET = 'a secret that all servers share, for tests'
const settingsFor = (url: string) => ({
  FLAGHOIST_REDIS_URL: url,
  FLAGHOIST_REDIS_PREFIX: randomUUID(),
  FLAGHOIST_SECRET: SECRET,
})
const readiness = (server: TestServer) =>
  server.ask<{ ready: boolean; writable: boolean; problem?: string }>('GET', '/readyz')
const makeFlag = (server: TestServer, key: string) =>
  server.ask<{ code?: string; hint?: string }>('POST', 'flags', { body: { key } })

describe.for(['standalone', 'cluster'] as const)('servers that share a %s Redis', (kind) => {
  test('start together, and follow the changes of each other', async () => {
    const settings = settingsFor(inject('redisUrls')[kind])
    const servers = await Promise.all([1, 2, 3].map(() => startTestServer(settings)))
    onTestFinished(
      async () => void (await Promise.all(servers.map(({ server }) => server.close()))),
    )
    const [one, other] = servers as [TestServer, TestServer]
    const key = await one.makeKey('server', 'production')
    await expect
      .poll(() => other.ask('GET', 'keys').then(({ body }) => body))
      .toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ scope: 'production' })]),
      })
    const flags = createFlags({ url: other.url, key })
    onTestFinished(() => flags.close())
    await flags.ready()

    await makeFlag(one, 'search')
    await one.ask('PUT', 'flags/search/layers/production', { body: { on: true } })

    await expect.poll(() => flags.isEnabled('search', { targetingKey: 'ada' })).toBe(true)
  })

  test('answer with the change that a client knows from another server', async () => {
    const settings = settingsFor(inject('redisUrls')[kind])
    const [one, other] = await Promise.all([startTestServer(settings), startTestServer(settings)])
    onTestFinished(async () => void (await Promise.all([one.server.close(), other.server.close()])))
    await makeFlag(one, 'search')

    for (let i = 0; i < 40; i += 1) {
      const description = `Version ${i}`
      const { headers } = await one.ask('PATCH', 'flags/search', { body: { description } })
      const version = headers.get('flaghoist-version')!
      const answer = await other.ask('GET', 'flags/search', {
        headers: { 'flaghoist-version': version },
      })
      expect(answer.body).toMatchObject({ description })
    }
  })
})

test('a server whose Redis is gone serves flags, refuses writes, and recovers by itself', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  await using server = await startTestServer(settingsFor(redis.url))
  await makeFlag(server, 'search')
  await server.ask('PUT', 'flags/search/layers/production', { body: { on: true } })
  const key = await server.makeKey('server', 'production')
  const flags = createFlags({ url: server.url, key })
  onTestFinished(() => flags.close())
  await flags.ready()

  await redis.kill()
  expect(await makeFlag(server, 'late')).toMatchObject({
    status: 503,
    body: { code: 'REDIS_UNAVAILABLE', hint: expect.stringContaining('FLAGHOIST_REDIS_URL') },
  })
  expect(await readiness(server)).toMatchObject({
    status: 200,
    body: { ready: true, writable: false, problem: expect.stringContaining('Redis') },
  })
  expect(await server.ask('GET', 'flags/search')).toMatchObject({ status: 200 })
  expect(flags.isEnabled('search', { targetingKey: 'ada' })).toBe(true)

  await redis.restart()
  await expect.poll(async () => (await readiness(server)).body.writable).toBe(true)
  await server.ask('PUT', 'flags/search/layers/production', { body: { on: false } })
  await expect.poll(() => flags.isEnabled('search', { targetingKey: 'ada' })).toBe(false)
})

test('a server whose Redis has lost the log serves flags, and takes no empty log for a deletion', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  await using server = await startTestServer(settingsFor(redis.url))
  await makeFlag(server, 'search')
  await expect.poll(() => makeFlag(server, 'search')).toMatchObject({ status: 409 })

  await redisCli(redis.port, 'FLUSHALL')

  for (const key of ['late', 'later'])
    expect(await makeFlag(server, key)).toMatchObject({
      status: 503,
      body: { code: 'REDIS_LOST', hint: expect.stringContaining('Restore the data of Redis') },
    })
  expect(await server.ask('GET', 'flags/search')).toMatchObject({ status: 200 })
  await expect
    .poll(async () => (await readiness(server)).body.problem)
    .toContain('no longer holds the log')
})

test('a server with Redis makes no backup', async () => {
  await using server = await startTestServer(settingsFor(inject('redisUrls').standalone))

  expect(await server.ask('GET', '/api/v1/backup')).toMatchObject({
    status: 409,
    body: { code: 'BACKUP_OF_REDIS' },
  })
})

test('a URL that is not of Redis, and a missing secret, are named without showing the URL', () => {
  const load = () => loadConfig({ FLAGHOIST_REDIS_URL: 'http://:hidden@localhost' })

  expect(load).toThrow('FLAGHOIST_REDIS_URL: the given value is not a URL such as')
  expect(load).toThrow('FLAGHOIST_SECRET: must be set with FLAGHOIST_REDIS_URL')
  expect(load).not.toThrow('hidden')
})
