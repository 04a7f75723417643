import { randomUUID } from 'node:crypto'
import { createFlags } from '@flaghoist/node'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { startRedis } from '../../../test-support/redis.ts'
import { startTestServer, type TestServer } from './http-server.ts'

interface Report {
  readonly version: number
  readonly connected: number
  readonly confirmed: number
  readonly maxMs?: number
  readonly servers?: { readonly answered: number; readonly present?: number }
  readonly sdks: readonly { readonly id: string; readonly scope: string }[]
}

const reportOf = async ({ ask }: TestServer, key?: string) =>
  (await ask<Report>('GET', 'propagation', key === undefined ? {} : { key })).body

async function givenServer(settings: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startTestServer(settings)
  onTestFinished(() => server.server.close())
  return server
}

/** Connects an SDK, and waits until it has its ruleset. */
async function connectSdk({ url }: TestServer, key: string, instance?: string) {
  const flags = createFlags({ url, key, ...(instance && { instance }) })
  onTestFinished(() => flags.close())
  await flags.ready()
  return flags
}

const settingsFor = (url: string) => ({
  FLAGHOIST_REDIS_URL: url,
  FLAGHOIST_REDIS_PREFIX: randomUUID(),
  FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
})

describe.for(['standalone', 'cluster'] as const)('servers that share a %s Redis', (kind) => {
  test('count the SDKs of all of them, each once', async () => {
    const settings = settingsFor(inject('redisUrls')[kind])
    const servers = await Promise.all([1, 2, 3].map(() => givenServer(settings)))
    const [one, other] = servers as [TestServer, TestServer]
    await one.ask('POST', 'flags', { body: { key: 'search' } })
    await one.ask('POST', 'instances', { body: { key: 'acme' } })
    const key = await one.makeKey('server', 'production')
    const bound = await one.makeKey('admin', 'production/acme')
    const { version } = await reportOf(one)
    const hasRead = async (server: TestServer) => (await reportOf(server)).version >= version
    for (const server of servers) await expect.poll(() => hasRead(server)).toBe(true)
    for (const server of servers) {
      await connectSdk(server, key)
      await connectSdk(server, key, 'acme')
    }

    const killed = await other.ask<{ version: number }>('POST', 'flags/search/kill')

    for (const server of servers)
      await expect
        .poll(() => reportOf(server))
        .toMatchObject({
          version: killed.body.version,
          connected: 6,
          confirmed: 6,
          servers: { answered: 3, present: 3 },
        })
    const { sdks, ...counts } = await reportOf(one, bound)
    expect(counts).toMatchObject({ connected: 3, confirmed: 3 })
    expect(new Set(sdks.map(({ scope }) => scope))).toEqual(new Set(['production/acme']))
    expect(new Set(sdks.map(({ id }) => id)).size).toBe(3)
  })
})

test('an SDK that has moved to another server counts once', async () => {
  const settings = settingsFor(inject('redisUrls').standalone)
  const [one, other] = [await givenServer(settings), await givenServer(settings)]
  const key = await one.makeKey('server', 'production')
  const open = async (server: TestServer) => {
    const leave = new AbortController()
    const headers = { authorization: `Bearer ${key}`, 'flaghoist-sdk-id': 'sdk-1' }
    await expect
      .poll(async () => {
        const { signal } = leave
        return (await fetch(`${server.url}/sdk/v1/stream`, { headers, signal })).status
      })
      .toBe(200)
    return leave
  }
  const first = await open(one)
  await expect.poll(() => reportOf(other)).toMatchObject({ connected: 1 })
  first.abort()
  await open(other)

  for (const server of [one, other])
    await expect
      .poll(() => reportOf(server))
      .toMatchObject({
        connected: 1,
        sdks: [{ id: 'sdk-1' }],
      })
})

test('a report says which servers it lacks', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const settings = settingsFor(redis.url)
  const one = await givenServer(settings)
  const other = await startTestServer(settings)
  expect(await reportOf(one)).toMatchObject({ servers: { answered: 2, present: 2 } })

  await other.server.close()
  expect(await reportOf(one)).toMatchObject({ servers: { answered: 1, present: 1 } })
  await redis.kill()
  expect((await reportOf(one)).servers).toEqual({ answered: 1 })
})

test('a server that uses its store alone names no servers', async () => {
  const server = await givenServer({})

  expect(await reportOf(server)).not.toHaveProperty('servers')
})
