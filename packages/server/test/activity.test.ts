import { randomUUID } from 'node:crypto'
import { createFlags } from '@flaghoist/node'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { openActivity } from './activity-client.ts'
import { ADMIN_KEY, startShopServer, startTestServer, type TestServer } from './http-server.ts'
import { signIn } from './sign-in.ts'

const withKey = (key = ADMIN_KEY) => ({ authorization: `Bearer ${key}` })

async function givenShop(settings: Readonly<Record<string, string>> = {}) {
  const server = await startShopServer(settings)
  onTestFinished(() => server.server.close())
  return server
}

const watch = (
  { url }: TestServer,
  { key, since, query }: { key?: string; since?: string; query?: string } = {},
) =>
  openActivity({
    url,
    query: query ?? '',
    headers: { ...withKey(key), ...(since !== undefined && { 'last-event-id': since }) },
  })

async function setOn(server: TestServer, scope: string, on: boolean, reason = 'Test') {
  const path = `flags/new-checkout/layers/${scope}?reason=${reason}`
  await server.ask('PATCH', path, { body: { on } })
  return versionOf(server)
}

const versionOf = async ({ ask }: TestServer) =>
  (await ask<{ version: number }>('GET', '/api/v1/projects/default')).body.version

describe('an activity stream', () => {
  test('sends each change once, in order, with its author and its entities', async () => {
    const server = await givenShop()
    const page = await watch(server)
    const first = await setOn(server, 'production/globex', true, 'Pilot')
    const last = await setOn(server, 'production/globex', false)

    await expect.poll(() => page.changes()).toEqual([first, last])
    expect(page.events[0]).toMatchObject({ event: 'heartbeat', data: { version: first - 1 } })
    expect(page.of('change')[0]!.data).toEqual({
      version: first,
      at: expect.any(String),
      action: 'layer.update',
      actor: expect.objectContaining({ name: 'FLAGHOIST_ADMIN_KEY' }),
      reason: 'Pilot',
      flags: ['new-checkout'],
      scopes: ['production/globex'],
      entities: ['layer:new-checkout@production/globex'],
    })
  })

  test('goes on after the last event of a client, whatever is committed meanwhile', async () => {
    const server = await givenShop()
    const start = await versionOf(server)
    const writes = (async () => {
      for (let i = 0; i < 30; i += 1) await setOn(server, 'production/globex', i % 2 === 0)
    })()
    const pages = []
    for (let i = 0; i < 10; i += 1) pages.push(await watch(server, { since: String(start) }))
    await writes

    const all = Array.from({ length: 30 }, (_, i) => start + 1 + i)
    for (const page of pages) await expect.poll(() => page.changes()).toEqual(all)
    const page = await watch(server, { query: `?since=${start + 28}` })
    await expect.poll(() => page.changes()).toEqual(all.slice(28))
  })

  test.for([
    ['that the log lacks', '99999'],
    ['that is no version', 'x'],
  ] as const)('asks a client to load again after an id %s', async ([, since]) => {
    const server = await givenShop()
    const version = await versionOf(server)
    const page = await watch(server, { since })

    await expect.poll(() => page.of('reset')).toHaveLength(1)
    expect(page.events[0]).toMatchObject({ id: String(version), data: { version } })
    expect(page.changes()).toEqual([])
  })

  test('brings the environments and instances, and again before a change of one', async () => {
    const server = await givenShop()
    const page = await watch(server)
    const bound = await watch(server, { key: await server.makeKey('admin', 'production/acme') })
    const namesOf = (watched: typeof page) =>
      watched
        .of('scopes')
        .map(({ data }) =>
          (data.instances as { key: string; name: string }[]).map(({ name }) => name),
        )
    await expect.poll(() => namesOf(page)).toEqual([['acme', 'globex']])
    expect(page.of('scopes')[0]!.data).toEqual((await server.ask('GET', 'scopes')).body)

    await setOn(server, 'production/globex', true)
    await server.ask('PATCH', 'instances/globex', { body: { name: 'Globex' } })
    await expect
      .poll(() => namesOf(page))
      .toEqual([
        ['acme', 'globex'],
        ['acme', 'Globex'],
      ])
    const renamed = await versionOf(server)
    await expect.poll(() => page.changes()).toContain(renamed)
    const order = page.events.map(({ event }) => event)
    expect(order.lastIndexOf('scopes')).toBeLessThan(order.lastIndexOf('change'))

    await server.ask('PATCH', 'instances/acme', { body: { name: 'Acme' } })
    await expect.poll(() => namesOf(bound)).toEqual([['acme'], ['Acme']])
  })

  test('shows a bound key its own instance only', async () => {
    const server = await givenShop()
    const key = await server.makeKey('admin', 'production/acme')
    const sdks = await Promise.all(
      ['acme', 'globex'].map(async (one) => {
        const sdk = createFlags({
          url: server.url,
          key: await server.makeKey('server', `production/${one}`),
        })
        onTestFinished(() => sdk.close())
        return sdk.ready()
      }),
    )
    expect(sdks).toHaveLength(2)
    const page = await watch(server, { key })
    await setOn(server, 'production/globex', true, 'Only for globex')
    await server.ask('PATCH', 'instances/globex', { body: { name: 'Globex' } })
    const own = await setOn(server, 'production/acme', false)

    await expect.poll(() => page.changes()).toEqual([own])
    await expect.poll(() => page.of('connections')).toHaveLength(1)
    await expect
      .poll(
        () =>
          page
            .of('propagation')
            .filter(({ data }) => data.version === own)
            .at(-1)?.data,
      )
      .toMatchObject({ connected: 1, isComplete: true })
    expect(page.of('connections')[0]!.data.scopes).toEqual({ 'production/acme': 1 })
    expect(JSON.stringify(page.events)).not.toContain('globex')
  })

  test('proves that a kill has reached the SDKs, and names those that lag', async () => {
    const server = await givenShop()
    const key = await server.makeKey('server', 'production/acme')
    const sdk = createFlags({ url: server.url, key })
    onTestFinished(() => sdk.close())
    await sdk.ready()
    // A client that confirms nothing.
    const silent = new AbortController()
    const headers = { ...withKey(key), 'flaghoist-sdk': 'silent/1', 'flaghoist-sdk-id': 'lags' }
    await fetch(`${server.url}/sdk/v1/stream`, { headers, signal: silent.signal })
    const page = await watch(server)
    await expect.poll(() => page.of('connections').at(-1)?.data.connected).toBe(2)

    const { body } = await server.ask<{ version: number }>('POST', 'flags/new-checkout/kill', {
      body: { reason: 'Errors' },
    })
    const ofKill = () => page.of('propagation').filter(({ data }) => data.version === body.version)
    await expect
      .poll(() => ofKill().at(-1)?.data)
      .toMatchObject({
        connected: 2,
        confirmed: 1,
        laggards: [{ id: 'lags', name: 'silent/1', scope: 'production/acme' }],
        isComplete: false,
      })
    silent.abort()
    await expect
      .poll(() => ofKill().at(-1)?.data)
      .toMatchObject({ connected: 1, confirmed: 1, laggards: [], isComplete: true })
    await expect
      .poll(() => page.of('connections').at(-1)?.data)
      .toEqual({ connected: 1, scopes: { 'production/acme': 1 }, isWhole: false })
  })

  test('reports the decisions about a rollout', async () => {
    const server = await givenShop()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    const page = await watch(server)
    const steps = [{ audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }]
    const plan = { waves: [{ name: 'All', instances: { rest: true }, steps }], holdback: null }
    const { status } = await server.ask('POST', 'rollouts', {
      body: { key: 'search-1', flag: 'search', environment: 'production', plan },
    })
    expect(status).toBe(201)

    await expect
      .poll(() => page.of('verdict').map(({ data }) => data.scope))
      .toContain('production/acme')
    expect(page.of('verdict')[0]!.data).toMatchObject({ rollout: 'search-1', flag: 'search' })
    // Pages load the rows of these flags again.
    const changes = page.of('change').map(({ data }) => data)
    expect(changes.flatMap(({ entities }) => entities)).toContain('rollout:search-1')
    expect(changes.every(({ flags }) => `${flags}` === 'search')).toBe(true)
  })

  test('ends with its key, its session and its server', async () => {
    const server = await givenShop()
    const { body: key } = await server.ask<{ id: string; secret: string }>('POST', 'keys', {
      body: { name: 'On call', kind: 'admin' },
    })
    const { identity, headers } = await signIn(server.url, key.secret)
    const other = await signIn(server.url, key.secret)
    const page = await openActivity({ url: server.url, headers })
    const ofKey = await watch(server, { key: key.secret })
    const ofOther = await openActivity({ url: server.url, headers: other.headers })
    const last = await watch(server)

    await server.ask('DELETE', `/api/v1/sessions/${identity.session.id}`)
    await expect.poll(() => page.isClosed).toBe(true)
    expect([ofKey.isClosed, ofOther.isClosed]).toEqual([false, false])
    await server.ask('DELETE', `keys/${key.id}`)
    await expect.poll(() => [ofKey.isClosed, ofOther.isClosed]).toEqual([true, true])
    expect(last.isClosed).toBe(false)
    await server.server.close()
    await expect.poll(() => last.isClosed).toBe(true)
  })
})

test('servers that share a Redis show the changes and SDKs of each other', async () => {
  const settings = {
    FLAGHOIST_REDIS_URL: inject('redisUrls').standalone,
    FLAGHOIST_REDIS_PREFIX: randomUUID(),
    FLAGHOIST_SECRET: 'a secret that all servers share, for tests',
  }
  const servers = await Promise.all([startTestServer(settings), startTestServer(settings)])
  for (const { server } of servers) onTestFinished(() => server.close())
  const [one, other] = servers as [TestServer, TestServer]
  await one.ask('POST', 'flags', { body: { key: 'search' } })
  const key = await one.makeKey('server', 'production')
  const version = await versionOf(one)
  await expect.poll(() => versionOf(other)).toBe(version)
  const sdk = createFlags({ url: other.url, key })
  onTestFinished(() => sdk.close())
  await sdk.ready()
  const page = await watch(one)

  const { body } = await other.ask<{ version: number }>('POST', 'flags/search/kill')
  await expect.poll(() => page.changes()).toEqual([body.version])
  await expect
    .poll(() => page.of('propagation').at(-1)?.data)
    .toMatchObject({ version: body.version, connected: 1, confirmed: 1, isComplete: true })
  await expect
    .poll(() => page.of('connections').at(-1)?.data)
    .toEqual({ connected: 1, scopes: { production: 1 }, isWhole: true })
})
