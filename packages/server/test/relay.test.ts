import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Ruleset } from '@flaghoist/core'
import { createFlags } from '@flaghoist/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'
import { startTestRelay } from './relay-server.ts'
import { get, json, openRelayedShop, openStream, post, startRelayOf } from './relayed-shop.ts'
import { folder } from './server-process.ts'

const turn = (server: TestServer, on: boolean) =>
  server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on } })
const kill = (server: TestServer) =>
  server.ask('POST', 'flags/new-checkout/kill', { body: { reason: 'errors' } })

/** Returns the secret of a new override. */
async function makeOverride(server: TestServer): Promise<string> {
  await server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
  await server.ask('PATCH', 'environments/production', { body: { overrides: true } })
  const override = { flag: 'new-checkout', variant: 'on' }
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const body = { name: 'Ada', kind: 'override', scope: 'production', expiresAt, override }
  return (await server.ask<{ secret: string }>('POST', 'keys', { body })).body.secret
}

describe('a relay serves as its upstream', () => {
  test('the bytes and the ETag of rulesets, for each key and scope', async () => {
    const { server, relay, key, acme } = await openRelayedShop()
    for (const [secret, path] of [
      [key, '/sdk/v1/ruleset'],
      [key, '/sdk/v1/ruleset?instance=acme'],
      [key, '/sdk/v1/ruleset?scope=production/globex'],
      [acme, '/sdk/v1/ruleset'],
    ] as const) {
      const [own, relayed] = [
        await get(server.url, secret, path),
        await get(relay.url, secret, path),
      ]
      expect(relayed.status).toBe(200)
      expect(relayed.headers.get('etag')).toBe(own.headers.get('etag'))
      expect(await relayed.text()).toBe(await own.text())
    }
  })

  test('the frames of streams, and clients move between both', async () => {
    const { server, relay, key } = await openRelayedShop()
    const streams = [await openStream(server.url, key), await openStream(relay.url, key)]
    for (const on of [true, false, true]) await turn(server, on)
    await kill(server)
    const [own, relayed] = streams
    for (const stream of streams)
      await stream.until('all changes', () => stream.events.length === 5)
    expect(relayed!.events).toEqual(own!.events)

    const { id: since } = own!.events[2]!
    const held = { ...own!.ruleset!, version: Number(since.split('.')[1]) }
    const moved = await openStream(relay.url, key, { since, held })
    await moved.until('the heartbeat', () => moved.events.at(-1)?.type === 'heartbeat')
    expect(moved.events.slice(0, -1)).toEqual(own!.events.slice(3))
  })

  test('a large update and the small ones behind it, in order', async () => {
    const { server, relay, key } = await openRelayedShop()
    const streams = [await openStream(server.url, key), await openStream(relay.url, key)]
    const include = Array.from({ length: 50_000 }, (_, i) => `user-${i}-of-many`)
    await server.ask('POST', 'segments', { body: { key: 'testers', include } })
    const when = [[{ attribute: 'targetingKey', op: 'segment', values: ['testers'] }]]
    const rules = [{ when, serve: { variant: 'on' } }]
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on: true, rules } })
    for (const on of [false, true, false]) await turn(server, on)
    const { version } = (await server.ask<{ version: number }>('GET', 'head')).body
    const [own, relayed] = streams
    for (const stream of streams)
      await stream.until('all changes', () => stream.ruleset?.version === version)
    const [sent, passedOn] = [own!, relayed!].map(({ events }) =>
      events.filter(({ type }) => type !== 'heartbeat'),
    )
    expect(passedOn).toEqual(sent)
    expect(sent!.map(({ type }) => type)).toEqual(['put', ...Array(4).fill('patch')])
    expect(sent![1]!.data.length).toBeGreaterThan(1_000_000)
  })

  test('remote evaluation', async () => {
    const { server, relay, key } = await openRelayedShop()
    const ask = async (url: string) =>
      (await post(url, key, '/ofrep/v1/evaluate/flags/new-checkout', { context: {} })).json()
    expect(await ask(relay.url)).toEqual(await ask(server.url))
    const bulk = await post(relay.url, key, '/ofrep/v1/evaluate/flags', { context: {} })
    const { eventStreams } = await json<{
      eventStreams: [{ endpoint: { requestUri: string } }]
    }>(bulk)
    const refetches = await fetch(relay.url + eventStreams[0].endpoint.requestUri)
    expect(refetches.status).toBe(200)
    await refetches.body!.cancel()
  })

  test('the permission of an override', async () => {
    const { server, relay, acme } = await openRelayedShop()
    await server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
    await server.ask('PATCH', 'environments/production', { body: { overrides: true } })
    const override = { flag: 'new-checkout', variant: 'on' }
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const body = { name: 'Ada', kind: 'override', scope: 'production', expiresAt, override }
    const { secret } = (await server.ask<{ secret: string }>('POST', 'keys', { body })).body
    const granted = await post(relay.url, acme, '/sdk/v1/override', { secret })
    expect(granted.status).toBe(200)
    const { expiresInMs, ...permitted } = await json<{ expiresInMs: number }>(granted)
    expect(permitted).toEqual(override)
    expect(expiresInMs).toBeGreaterThan(3_500_000)
  })

  test('the refusal of an override', async () => {
    const { server, relay, acme } = await openRelayedShop()
    const answer = await post(relay.url, acme, '/sdk/v1/override', { secret: 'fh_override_none' })
    const own = await post(server.url, acme, '/sdk/v1/override', { secret: 'fh_override_none' })
    expect(answer.status).toBe(own.status)
    expect(await answer.json()).toMatchObject({ code: 'OVERRIDE_REFUSED' })
  })

  test('a refusal of a scope, in the words of its upstream', async () => {
    const { server, relay, key } = await openRelayedShop()
    const path = '/sdk/v1/ruleset?instance=nowhere'
    const problemOf = async (url: string) => {
      const answer = await get(url, key, path)
      const { requestId: _, ...problem } = await json<{ requestId: string }>(answer)
      return problem
    }
    expect(await problemOf(relay.url)).toEqual(await problemOf(server.url))
  })
})

test('a client that names the scope of its key shares the connection of the key', async () => {
  const { server, relay, key, acme } = await openRelayedShop()
  const streams = async () =>
    (await json<{ streams: number }>(await fetch(`${server.url}/readyz`))).streams
  const name = async (secret: string, query: string) => {
    const answer = await get(relay.url, secret, `/sdk/v1/ruleset${query}`)
    expect(answer.status).toBe(200) // The relay has a stream of this scope now.
  }
  for (const secret of [key, acme]) await name(secret, '')
  expect(await streams()).toBe(2)

  await name(key, '?scope=production')
  for (const query of ['?scope=production/acme', '?scope=production&instance=acme'])
    await name(acme, query)
  expect(await streams()).toBe(2)

  await name(key, '?instance=acme')
  expect(await streams()).toBe(3)
})

/** An upstream that holds its responses back until it is opened, and serves one ruleset to all. */
async function startSlowUpstream() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const streams: string[] = []
  const log = { spec: 1, project: 'shop', scope: 'production', epoch: 'e', version: 1 }
  const ruleset = JSON.stringify({ ...log, flags: {}, segments: {} })
  const upstream = createServer(async ({ url = '' }, response) => {
    if (!url.startsWith('/sdk/v1/stream')) return response.writeHead(503).end()
    streams.push(url)
    await opened
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`event: put\ndata: ${ruleset}\n\n`)
  })
  onTestFinished(() => void upstream.close().closeAllConnections())
  await once(upstream.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, streams, open }
}

test('a client that names the scope of its key before it is known shares its connection', async () => {
  const { url, streams, open } = await startSlowUpstream()
  const relay = await startRelayOf(url, ['fh_server_slow'])
  const paths = ['', '?scope=production', '?instance=acme'].map(
    (query) => `/sdk/v1/ruleset${query}`,
  )
  const [own, named, other] = paths.map((path) => get(relay.url, 'fh_server_slow', path))
  // It answers after the requests before, which then wait for the upstream.
  await fetch(`${relay.url}/readyz`)
  expect(streams).toEqual(['/sdk/v1/stream'])
  open()
  for (const answer of [own, named]) expect((await answer)!.status).toBe(200)
  expect(streams.filter((path) => !path.includes('acme'))).toEqual(['/sdk/v1/stream'])
  await other
  expect(streams).toEqual(['/sdk/v1/stream', '/sdk/v1/stream?instance=acme'])
})

test('a client that names a scope opens no connection while that of the key is unknown', async () => {
  const relay = await startRelayOf('http://127.0.0.1:9', ['fh_server_none'])
  for (const query of ['?scope=production', '?instance=acme']) {
    const answer = await get(relay.url, 'fh_server_none', `/sdk/v1/ruleset${query}`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
  }
  const metrics = await (await fetch(`${relay.url}/metrics`)).text()
  expect(metrics).toMatch(/flaghoist_upstream_connections\{state="stale"\} 1/)
})

test('a relay sends everything for a cursor that its upstream does not have', async () => {
  const { relay, key } = await openRelayedShop()
  const known = await openStream(relay.url, key)
  await known.until('the ruleset', () => known.ruleset !== undefined)
  const [epoch, version] = known.events[0]!.id.split('.')
  const since = `${epoch}.${Number(version) + 9}.0123456789abcdef`
  const stream = await openStream(relay.url, key, { since })
  await stream.until('the ruleset', () => stream.ruleset !== undefined)
  expect(stream.events[0]).toEqual(known.events[0])
})

describe('a relay refuses', () => {
  test('a key that is not in its settings, and names them', async () => {
    const { server, relay } = await openRelayedShop()
    const answer = await get(relay.url, await server.makeKey('server', 'production'))
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({
      code: 'KEY_NOT_RELAYED',
      hint: expect.stringContaining('FLAGHOIST_UPSTREAM_KEYS'),
    })
  })

  test.for(['admin', 'override'])('a key of kind %s as its upstream does', async (kind) => {
    const { server, relay } = await openRelayedShop()
    const secret = kind === 'admin' ? ADMIN_KEY : await makeOverride(server)
    const [known, answer] = await Promise.all(
      [server, relay].map(async ({ url }) => {
        const response = await get(url, secret)
        return json<{ requestId: string; status: number }>(response)
      }),
    )
    expect(known!.status).toBe(403)
    expect(answer).toEqual({ ...known, requestId: answer!.requestId })
  })

  test('the admin API, and names its upstream', async () => {
    const { server, relay, key } = await openRelayedShop()
    const answer = await get(relay.url, key, '/api/v1/projects')
    expect(answer.status).toBe(404)
    const { code, hint } = await json<{ code: string; hint: string }>(answer)
    expect(code).toBe('RELAY_WITHOUT_ADMIN')
    expect(hint).toContain(server.url)
  })

  test('a key that its upstream refuses, and deletes its ruleset', async () => {
    const dataDir = folder()
    const { server, relay, key } = await openRelayedShop({ FLAGHOIST_DATA_DIR: dataDir })
    const stream = await openStream(relay.url, key)
    await stream.until('the ruleset', () => stream.ruleset !== undefined)
    const { body } = await server.ask<{ items: { id: string; scope: string }[] }>('GET', 'keys')
    const { id } = body.items.find(({ scope }) => scope === 'production')!
    const copies = () => copiesIn(join(dataDir, 'relay'))
    await expect.poll(copies).toBe(2)
    await server.ask('DELETE', `keys/${id}`)
    await expect.poll(() => stream.isClosed, { timeout: 20_000 }).toBe(true)
    expect(await (await get(relay.url, key)).json()).toMatchObject({ code: 'KEY_UNKNOWN' })
    await expect.poll(copies).toBe(1)
  })
})

/** Returns the number of rulesets in the folder of a relay. */
function copiesIn(dir: string): number {
  if (!existsSync(dir)) return 0
  const files = readdirSync(dir, { recursive: true }).map(String)
  return files.filter((name) => name.endsWith('.json') && !name.includes('refusal')).length
}

describe('without its upstream, a relay', () => {
  test('starts from its disk, serves and says that it is degraded', async () => {
    const dataDir = folder()
    const server = await startShopServer()
    const key = await server.makeKey('server', 'production')
    const before = await startTestRelay(server.url, [key], { FLAGHOIST_DATA_DIR: dataDir })
    const paths = ['/sdk/v1/ruleset', '/sdk/v1/ruleset?instance=acme']
    const rulesetsOf = (url: string) =>
      Promise.all(paths.map(async (path) => (await get(url, key, path)).text()))
    await rulesetsOf(before.url)
    await kill(server)
    const known = await rulesetsOf(server.url)
    await expect.poll(() => rulesetsOf(before.url)).toEqual(known)
    await before[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()

    const relay = await startRelayOf(server.url, [key], { FLAGHOIST_DATA_DIR: dataDir })
    expect(await rulesetsOf(relay.url)).toEqual(known)
    const state = async () => (await fetch(`${relay.url}/readyz`)).json()
    await expect.poll(state).toMatchObject({
      ready: true,
      degraded: true,
      problem: expect.stringContaining('cannot be reached'),
    })
    const metrics = await (await fetch(`${relay.url}/metrics`)).text()
    expect(metrics).toMatch(/flaghoist_upstream_connections\{state="stale"\} 2/)
  })

  test('answers 503 for a scope that it has never received', async () => {
    const relay = await startRelayOf('http://127.0.0.1:9', ['fh_server_none'])
    const answer = await get(relay.url, 'fh_server_none')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    expect((await fetch(`${relay.url}/readyz`)).status).toBe(503)
  })

  test('never sends a client back that holds a later version', async () => {
    const { server, relay, key } = await openRelayedShop()
    const held = await openStream(relay.url, key)
    await held.until('the ruleset', () => held.ruleset !== undefined)
    await server[Symbol.asyncDispose]()
    const [epoch, version] = held.events[0]!.id.split('.')
    const ahead = `${epoch}.${Number(version) + 1}.0123456789abcdef`
    const answer = await get(relay.url, key, `/sdk/v1/ruleset?since=${ahead}`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'RELAY_BEHIND' })
  })
})

test('a kill reaches the clients of two chained relays in milliseconds', async () => {
  const { server, relay, key } = await openRelayedShop()
  const second = await startRelayOf(relay.url, [key])
  const stream = await openStream(second.url, key)
  await stream.until('the ruleset', () => stream.ruleset !== undefined)
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const { length } = stream.events
    const startedAt = performance.now()
    await Promise.all([kill(server), stream.until('the kill', () => stream.events.length > length)])
    times.push(performance.now() - startedAt)
    await server.ask('POST', 'flags/new-checkout/restore', { body: { reason: 'fixed' } })
    await stream.until('the restore', () => stream.events.length > length + 1)
  }
  // A busy machine may delay some of them, and even most.
  expect(Math.min(...times)).toBeLessThan(100)
})

describe('a relay forwards reports', () => {
  test('of all its clients as few batches, each of which counts once', async () => {
    const { server, relay, key } = await openRelayedShop()
    const revision = await revisionOf(relay.url, key)
    const send = (id: string, unit: string) =>
      post(relay.url, key, '/sdk/v1/events', {
        sdk: { id, name: 'test/1' },
        batch: batchOf(id, revision, unit),
      })
    const ids = Array.from({ length: 20 }, (_, i) => `batch-${i}-of-20`)
    for (const id of [...ids, ids[0]!]) await send(id, '5f3a9c0b1d2e4f60')
    const answer = await (await send(ids[1]!, '5f3a9c0b1d2e4f60')).json()
    expect(answer).toMatchObject({ accepted: 0, duplicate: true })
    await expect.poll(() => exposuresOf(server), { timeout: 10_000 }).toBe(40)
    const batchesOf = async ({ url }: { url: string }) => {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return Number(/flaghoist_event_batches_total\{result="stored"\} (\d+)/.exec(metrics)![1])
    }
    expect(await batchesOf(relay)).toBe(20)
    expect(await batchesOf(server)).toBeLessThan(4)
  })

  test('and passes on the samples of its upstream', async () => {
    const { server, key } = await openRelayedShop()
    const samples = { 'new-checkout': 16 }
    const relay = await startRelayOf(await startSampler(server.url, samples), [key])
    // After a refused stream, the first poll waits for up to 5 s.
    await expect.poll(async () => (await get(relay.url, key)).status, { timeout: 15_000 }).toBe(200)
    const revision = await revisionOf(relay.url, key)
    const report = async (batch?: object) => {
      const body = { sdk: { id: 'a', name: 'test/1' }, ...(batch && { batch }) }
      return (await post(relay.url, key, '/sdk/v1/events', body)).json()
    }
    expect(await report()).toEqual({ accepted: 0, dropped: 0, samples: {} })
    await report(batchOf('batch-0000000000', revision, '5f3a9c0b1d2e4f60'))
    await expect.poll(() => report()).toEqual({ accepted: 0, dropped: 0, samples })
  })

  test('drops those of keys that were removed from its settings', async () => {
    const settings = { FLAGHOIST_DATA_DIR: folder() }
    const server = await startShopServer()
    const keys = [
      await server.makeKey('server', 'production'),
      await server.makeKey('server', 'production'),
    ]
    const before = await startTestRelay(server.url, keys, settings)
    const revisions = await Promise.all(keys.map((key) => revisionOf(before.url, key)))
    await server[Symbol.asyncDispose]()
    for (const [i, key] of keys.entries())
      await post(before.url, key, '/sdk/v1/events', {
        sdk: { id: 'a', name: 'test/1' },
        batch: batchOf(`batch-000000000${i}`, revisions[i]!, '5f3a9c0b1d2e4f60'),
      })
    const queued = async (url: string) =>
      (await json<{ queuedBytes: number }>(await fetch(`${url}/readyz`))).queuedBytes
    const bytes = await queued(before.url)
    await before[Symbol.asyncDispose]()

    const after = await startRelayOf(server.url, keys.slice(1), settings)
    expect(await queued(after.url)).toBe(bytes / 2)
    const metrics = await (await fetch(`${after.url}/metrics`)).text()
    expect(metrics).toContain('flaghoist_upstream_events_total{result="dropped"} 2')
  })

  test('drops what does not fit its ruleset', async () => {
    const { relay, key } = await openRelayedShop()
    const revision = await revisionOf(relay.url, key)
    const batch = batchOf('batch-0000000000', revision, '5f3a9c0b1d2e4f60')
    const [item] = batch.exposures
    const exposures = [item, { ...item, flag: 'unknown' }, { ...item, minute: 0 }]
    const body = { sdk: { id: 'a', name: 'test/1' }, batch: { ...batch, exposures } }
    expect(await (await post(relay.url, key, '/sdk/v1/events', body)).json()).toMatchObject({
      accepted: 2,
      dropped: 4,
    })
  })
})

async function revisionOf(url: string, key: string): Promise<number> {
  const { flags } = await json<Ruleset>(await get(url, key))
  return flags['new-checkout']!.revision
}

/** Starts an upstream that has no streams, and samples in the responses to all reports. */
async function startSampler(server: string, samples: object): Promise<string> {
  const sampler = createServer(async ({ url = '', headers }, response) => {
    const { authorization = '' } = headers
    if (url.includes('/stream')) response.writeHead(501).end()
    else if (url.includes('/events')) response.writeHead(202).end(JSON.stringify({ samples }))
    else {
      const ruleset = await fetch(server + url, { headers: { authorization } })
      response.writeHead(ruleset.status, { 'content-type': 'application/json' })
      response.end(await ruleset.text())
    }
  }).listen(0, '127.0.0.1')
  await once(sampler, 'listening')
  onTestFinished(() => void sampler.closeAllConnections())
  onTestFinished(() => void sampler.close())
  return `http://127.0.0.1:${(sampler.address() as AddressInfo).port}`
}

const batchOf = (id: string, revision: number, unit: string) => ({
  id,
  exposures: [
    {
      flag: 'new-checkout',
      variant: 'on',
      revision,
      minute: Date.now(),
      reason: 'STATIC',
      count: 2,
      units: [unit],
    },
  ],
})

async function exposuresOf(server: TestServer): Promise<number> {
  const { body } = await server.ask<{ items: { count: number }[] }>(
    'GET',
    'exposures?interval=total',
  )
  return body.items.reduce((sum, { count }) => sum + count, 0)
}

describe('propagation counts the SDKs behind relays', () => {
  interface Propagation {
    readonly connected: number
    readonly confirmed: number
    readonly maxMs?: number
    readonly sdks: readonly { readonly relayed?: object }[]
  }
  const propagationOf = async (server: TestServer) =>
    (await server.ask<Propagation>('GET', 'propagation')).body
  const relayedOf = async (server: TestServer) =>
    (await propagationOf(server)).sdks.flatMap(({ relayed }) => relayed ?? [])
  /** Connects SDKs that are closed at the end of the test. */
  const connectSdks = async (url: string, key: string, count: number) => {
    const sdks = Array.from({ length: count }, () => createFlags({ url, key }))
    onTestFinished(async () => void (await Promise.all(sdks.map((sdk) => sdk.close()))))
    await Promise.all(sdks.map((sdk) => sdk.ready()))
  }

  test('41 of 41 through one relay and two chained ones, with the time of the last', async () => {
    const { server, relay, key } = await openRelayedShop()
    const second = await startRelayOf(relay.url, [key])
    const urls = [server.url, relay.url, second.url]
    const sdks = Array.from({ length: 41 }, (_, i) => createFlags({ url: urls[i % 3]!, key }))
    onTestFinished(async () => void (await Promise.all(sdks.map((sdk) => sdk.close()))))
    await Promise.all(sdks.map((sdk) => sdk.ready()))
    await expect
      .poll(() => propagationOf(server), { timeout: 10_000 })
      .toMatchObject({ connected: 41, confirmed: 41 })
    await kill(server)
    await expect
      .poll(() => propagationOf(server), { timeout: 10_000 })
      .toMatchObject({ connected: 41, confirmed: 41, maxMs: expect.any(Number) })
    const { maxMs, sdks: shown } = await propagationOf(server)
    expect(maxMs).toBeLessThan(1_000)
    expect(shown.map(({ relayed }) => relayed)).toContainEqual({ connected: 27, confirmed: 27 })
    await sdks[1]!.close()
    await expect.poll(() => propagationOf(server)).toMatchObject({ connected: 40, confirmed: 40 })
  })

  test('of client keys only with a server key, also through chained relays', async () => {
    const { server, key, acme } = await openRelayedShop()
    const [alone, vouched] = await Promise.all([
      startRelayOf(server.url, [acme]),
      startRelayOf(server.url, [acme, key]),
    ])
    const chained = await startRelayOf(vouched.url, [acme, key])
    await connectSdks(alone.url, acme, 3)
    await connectSdks(vouched.url, acme, 4)
    await connectSdks(chained.url, acme, 5)
    await expect.poll(() => relayedOf(server)).toContainEqual({ connected: 9, confirmed: 9 })
    expect(await relayedOf(server)).not.toContainEqual(expect.objectContaining({ connected: 3 }))
  })

  test('of client keys by another server key once one is revoked', async () => {
    const server = await startShopServer()
    onTestFinished(() => server[Symbol.asyncDispose]())
    const body = { name: 'first', kind: 'server', scope: 'production' }
    const made = await server.ask<{ id: string; secret: string }>('POST', 'keys', { body })
    const { id, secret: first } = made.body
    const second = await server.makeKey('server', 'production')
    const acme = await server.makeKey('client', 'production/acme')
    const relay = await startRelayOf(server.url, [first, second, acme])
    await connectSdks(relay.url, acme, 3)
    await expect.poll(() => relayedOf(server)).toContainEqual({ connected: 3, confirmed: 3 })

    await server.ask('DELETE', `keys/${id}`)
    const status = async () => (await get(relay.url, first)).status
    await expect.poll(status, { timeout: 20_000 }).toBe(401)
    expect((await get(relay.url, second)).status).toBe(200) // Last in the order of use.
    await connectSdks(relay.url, acme, 2)
    await expect.poll(() => relayedOf(server)).toContainEqual({ connected: 5, confirmed: 5 })
  })

  test('and never those that a report with a client key makes up', async () => {
    const server = await startShopServer()
    onTestFinished(() => server[Symbol.asyncDispose]())
    const acme = await server.makeKey('client', 'production/acme')
    const globex = await server.makeKey('server', 'production/globex')
    const stream = await openStream(server.url, acme, { sdkId: 'stranger' })
    await stream.until('the ruleset', () => stream.ruleset !== undefined)
    const { epoch, version, hash } = stream.ruleset!
    const held = { epoch, version, hash }
    const relayed = { connected: 1_000_000, held: [{ version, hash, sdks: 1_000_000 }] }
    const report = (headers: Record<string, string>) =>
      server.ask('POST', '/sdk/v1/events', {
        key: acme,
        headers,
        body: { sdk: { id: 'stranger', name: 'test/1' }, held, relayed },
      })
    for (const secret of ['', acme, globex, 'fh_server_none'])
      expect((await report({ 'flaghoist-relay-key': secret })).status).toBe(202)
    expect(await propagationOf(server)).toMatchObject({ connected: 1, confirmed: 1 })
    const production = await server.makeKey('server', 'production')
    await report({ 'flaghoist-relay-key': production })
    expect(await propagationOf(server)).toMatchObject({ connected: 1_000_000 })
  })
})
