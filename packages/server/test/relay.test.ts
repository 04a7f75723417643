import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ruleset } from '@flaghoist/core'
import { createFlags } from '@flaghoist/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'
import { startTestRelay } from './relay-server.ts'
import { folder } from './server-process.ts'
import { openStreamClient } from './stream-client.ts'

/** A shop and a relay of it, with a server key of production and a client key of acme. */
async function openRelayedShop(settings: Readonly<Record<string, string>> = {}) {
  const server = await startShopServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const key = await server.makeKey('server', 'production')
  const acme = await server.makeKey('client', 'production/acme')
  const relay = await startRelayOf(server.url, [key, acme], settings)
  return { server, relay, key, acme }
}

async function startRelayOf(...of: Parameters<typeof startTestRelay>) {
  const relay = await startTestRelay(...of)
  onTestFinished(() => relay[Symbol.asyncDispose]())
  return relay
}

async function openStream(...of: Parameters<typeof openStreamClient>) {
  const stream = await openStreamClient(...of)
  onTestFinished(() => stream.close())
  return stream
}

const authorization = (key: string) => ({ authorization: `Bearer ${key}` })
const get = (url: string, key: string, path = '/sdk/v1/ruleset') =>
  fetch(url + path, { headers: authorization(key) })
const post = (url: string, key: string, path: string, body: object) =>
  fetch(url + path, {
    method: 'POST',
    headers: { ...authorization(key), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const json = async <T>(answer: Response) => (await answer.json()) as T
const turn = (server: TestServer, on: boolean) =>
  server.ask('PUT', 'flags/new-checkout/layers/production', { body: { on } })
const kill = (server: TestServer) =>
  server.ask('POST', 'flags/new-checkout/kill', { body: { reason: 'errors' } })

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
    expect(copies()).toBe(1)
  })
})

/** Returns the number of rulesets in the folder of a relay. */
function copiesIn(dir: string): number {
  if (!existsSync(dir)) return 0
  return readdirSync(dir, { recursive: true }).filter((name) => `${name}`.endsWith('.json')).length
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
  expect(times.sort((a, b) => a - b)[4]).toBeLessThan(100)
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
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    const [, stored] = /flaghoist_event_batches_total\{result="stored"\} (\d+)/.exec(metrics)!
    expect(Number(stored)).toBeLessThan(4)
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
})
