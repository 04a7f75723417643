import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { cursorText } from '../src/rulesets/cursor.ts'
import { startShopServer, startTestServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

const setRollout = (server: TestServer, share: number, scope = 'production/acme') =>
  server.ask('PATCH', `flags/new-checkout/layers/${scope}`, { body: { rollout: { share } } })

const rulesetOf = async (server: TestServer, key: string): Promise<Ruleset> =>
  (await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })).body

describe('a stream', () => {
  test('begins with the ruleset and goes on with one patch for each change that affects it', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const client = await openStreamClient(server.url, key)
    await client.until('the ruleset has come', () => client.ruleset !== undefined)
    const { epoch, version: first } = client.ruleset!
    const { body: project } = await server.ask<{ version: number }>(
      'GET',
      '/api/v1/projects/default',
    )

    await setRollout(server, 1_000)
    await server.ask('POST', 'flags', { body: { key: 'other' } })
    await server.ask('PATCH', 'instances/globex', { body: { name: 'Globex' } })
    await setRollout(server, 2_000)
    await client.until('all have come', () => client.events.length === 4)

    expect(client.events.map(({ type }) => type)).toEqual(['put', 'patch', 'patch', 'patch'])
    const versions = [first, ...[1, 2, 4].map((later) => project.version + later)]
    expect(client.events.map(({ id }) => id.replace(/\.[0-9a-f]{16}$/, ''))).toEqual(
      versions.map((version) => `${epoch}.${version}`),
    )
    expect(client.events.at(-1)!.id).toBe(cursorText(client.ruleset!))
    expect(JSON.stringify(client.ruleset)).toBe(JSON.stringify(await rulesetOf(server, key)))
    // Few clients may return soon.
    expect(client.retries[0]).toBeGreaterThanOrEqual(500)
    expect(client.retries[0]).toBeLessThanOrEqual(1_000)
    client.close()
  })

  test('goes on where a client left it', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const first = await openStreamClient(server.url, key)
    await first.until('the ruleset has come', () => first.ruleset !== undefined)
    first.close()
    await setRollout(server, 1_000)
    await setRollout(server, 2_000)

    const held = first.ruleset!
    const second = await openStreamClient(server.url, key, { since: first.events[0]!.id, held })
    await second.until('it has caught up', () => second.events.length === 3)
    expect(second.events.map(({ type }) => type)).toEqual(['patch', 'patch', 'heartbeat'])
    second.close()
  })

  test.for([
    ['', (held: Ruleset) => cursorText(held)],
    [' of an older release', (held: Ruleset) => `${held.epoch}.${held.version}`],
  ] as const)('begins with a heartbeat for an SDK%s that lacks nothing', async ([, sinceOf]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const held = await rulesetOf(server, key)

    const client = await openStreamClient(server.url, key, { since: sinceOf(held), held })
    await client.until('something has come', () => client.events.length > 0)

    expect(client.events.map(({ type }) => type)).toEqual(['heartbeat'])
    client.close()
  })

  test.for([
    ['of another epoch', (held: Ruleset) => cursorText({ ...held, epoch: 'abcdef' })],
    [
      'with the hash of another change',
      (held: Ruleset) => `${held.epoch}.${held.version}.${'0'.repeat(16)}`,
    ],
    ['beyond the log', (held: Ruleset) => `${held.epoch}.${held.version + 7}.${held.hash}`],
    ['from before all that is kept', (held: Ruleset) => `${held.epoch}.1`],
    ['that is malformed', () => 'what?'],
  ] as const)('begins with everything for a cursor %s', async ([, since]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const held = await rulesetOf(server, key)

    const client = await openStreamClient(server.url, key, { since: since(held) })
    await client.until('something has come', () => client.events.length > 0)

    expect(client.events[0]!.type).toBe('put')
    client.close()
  })

  test('keeps its epoch whatever a key claims to hold', async () => {
    await using server = await startShopServer()
    const { epoch, hash } = await rulesetOf(server, await server.makeKey('server', 'production'))
    for (const kind of ['server', 'client'] as const) {
      const key = await server.makeKey(kind, 'production/acme')
      const since = `${epoch}.999999.${hash}`
      await server.ask('GET', `/sdk/v1/ruleset?since=${since}`, { key })
      await server.ask('POST', '/sdk/v1/events', {
        key,
        body: { sdk: { id: '1', name: 'x' }, held: { epoch, version: 999_999, hash } },
      })
      const client = await openStreamClient(server.url, key, { since })
      await client.until('the ruleset has come', () => client.ruleset !== undefined)

      expect(client.ruleset).toEqual(await rulesetOf(server, key))
      expect(client.ruleset!.epoch).toBe(epoch)
      client.close()
    }
  })

  test('cannot be asked for with HEAD, which nobody could end', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const response = await fetch(`${server.url}/sdk/v1/stream`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${key}` },
    })
    expect(response.status).toBe(405)
  })

  test('never lacks a version, whenever a client connects while a writer is at work', {
    timeout: 60_000,
  }, async () => {
    await using server = await startShopServer()
    const scopes = ['production/acme', 'production/globex', 'production'] as const
    const keys = await Promise.all(scopes.map((scope) => server.makeKey('server', scope)))
    const writes = 300
    let written = 0
    const writer = (async () => {
      for (; written < writes; written += 1)
        await setRollout(server, 1 + written, scopes[written % 3])
    })()
    const clients: { key: string; client: Awaited<ReturnType<typeof openStreamClient>> }[] = []
    while (written < writes || clients.length < 50) {
      const key = keys[clients.length % 3]!
      const client = await openStreamClient(server.url, key)
      clients.push({ key, client })
      if (clients.length % 4 === 0) {
        // Some leave and come back where they were.
        await client.until('the ruleset has come', () => client.ruleset !== undefined)
        client.close()
        const held = client.ruleset!
        const since = cursorText(held)
        clients.push({ key, client: await openStreamClient(server.url, key, { since, held }) })
      }
    }
    await writer
    for (const { key, client } of clients.filter(({ client: one }) => !one.isClosed)) {
      const newest = JSON.stringify(await rulesetOf(server, key))
      await client.until('it has caught up', () => JSON.stringify(client.ruleset) === newest)
    }
    for (const { client } of clients) client.close()
  })

  test('of one instance holds nothing of another', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const client = await openStreamClient(server.url, key)
    await client.until('the ruleset has come', () => client.ruleset !== undefined)

    const rule = {
      when: [[{ attribute: 'secret', op: 'in', values: ['globex-only'] }]],
      serve: { variant: 'on' },
    }
    await server.ask('PUT', 'flags/new-checkout/layers/production/globex', {
      body: { on: true, rules: [rule] },
    })
    await setRollout(server, 1_000)
    await client.until('the next change has come', () => client.events.length === 2)

    expect(client.text).not.toContain('globex')
    client.close()
  })

  test('of a client key holds what clients may see, and no identifier', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'segments', { body: { key: 'beta', include: ['ada@example.com'] } })
    const rule = {
      when: [[{ attribute: 'targetingKey', op: 'segment', values: ['beta'] }]],
      serve: { variant: 'on' },
    }
    const layers = { '*': { on: true, rules: [rule], fallthrough: { variant: 'off' } } }
    await server.ask('POST', 'flags', { body: { key: 'visible', clientVisible: true, layers } })
    const key = await server.makeKey('client', 'production/acme')

    const client = await openStreamClient(server.url, key)
    await client.until('the ruleset has come', () => client.ruleset !== undefined)

    expect(Object.keys(client.ruleset!.flags)).toEqual(['visible'])
    expect(client.text).not.toContain('ada@example.com')
    expect(client.text).not.toContain('new-checkout')
    client.close()
  })

  test('beats, so that a silent one can be told from a quiet one', async () => {
    await using server = await startTestServer({ FLAGHOIST_HEARTBEAT_MS: '1000' })
    const key = await server.makeKey('server', 'production')
    const client = await openStreamClient(server.url, key)

    await client.until(
      'two have come',
      () => client.events.filter(({ type }) => type === 'heartbeat').length >= 2,
    )

    client.close()
  })

  test('ends at once when its key is revoked', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const client = await openStreamClient(server.url, key)
    const { body } = await server.ask<{ items: { id: string; kind: string }[] }>('GET', 'keys')

    await server.ask('DELETE', `keys/${body.items.find(({ kind }) => kind === 'server')!.id}`)

    await client.until('it is cut', () => client.isClosed)
  })

  test('ends when its instance is no longer there', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production')
    await server.ask('POST', 'instances', { body: { key: 'initech' } })
    const client = await openStreamClient(server.url, key, { instance: 'initech' })
    await client.until('it has begun', () => client.events.length > 0)
    await server.ask('DELETE', 'instances/initech')

    await client.until('it has ended', () => client.isClosed)
    const again = await server.ask('GET', '/sdk/v1/ruleset?instance=initech', { key })
    expect(again.status).toBe(404)
  })

  test('ends with a hint when to come back when the server stops', async () => {
    const server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const client = await openStreamClient(server.url, key)
    await client.until('the ruleset has come', () => client.ruleset !== undefined)

    await server[Symbol.asyncDispose]()

    await client.until('it is closed', () => client.isClosed)
    expect(client.retries).toHaveLength(2)
  })

  test('is cut when its reader does not read, and the others go on', async () => {
    await using server = await startTestServer({ FLAGHOIST_STREAM_BUFFER_BYTES: '65536' })
    const key = await server.makeKey('server', 'production')
    const big = (letter: string) => ({
      type: 'json',
      variants: [{ key: 'a', value: letter.repeat(60_000) }],
    })
    await server.ask('POST', 'flags', { body: { key: 'big', ...big('x') } })
    const reader = await openStreamClient(server.url, key)
    const lazy = await lazyReader(server.url, key)

    for (let i = 0; i < 200 && !lazy.isCut(); i += 1)
      await server.ask('PATCH', 'flags/big', {
        body: { variants: big(String.fromCharCode(97 + (i % 26))).variants },
      })

    expect(lazy.isCut()).toBe(true)
    expect(reader.isClosed).toBe(false)
    reader.close()
  })
})

describe('a ruleset', () => {
  test('is not sent again to clients that have it, in every form of the header', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const first = await server.ask('GET', '/sdk/v1/ruleset', { key })
    const etag = first.headers.get('etag')!
    const status = async (header: string) =>
      (await server.ask('GET', '/sdk/v1/ruleset', { key, headers: { 'if-none-match': header } }))
        .status

    expect(etag).toMatch(/^"[0-9a-f]{16}\.\d+\.[0-9a-f]{16}-[0-9a-f]{16}"$/)
    expect(await status(etag)).toBe(304)
    expect(await status(`W/${etag}`)).toBe(304)
    expect(await status(`"other", ${etag}`)).toBe(304)
    expect(await status('"other"')).toBe(200)
    await setRollout(server, 5)
    expect(await status(etag)).toBe(200)
  })

  test('can be asked for without its body', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const head = await server.ask('HEAD', '/sdk/v1/ruleset', { key })
    const whole = await server.ask('GET', '/sdk/v1/ruleset', { key })

    expect([head.status, head.body]).toEqual([200, null])
    expect(head.headers.get('etag')).toBe(whole.headers.get('etag'))
  })

  test('is kept by no cache for another key, encoding or origin', async () => {
    await using server = await startTestServer({ FLAGHOIST_CORS_ORIGINS: 'https://shop.example' })
    const key = await server.makeKey('client', 'production')
    const { headers } = await server.ask('GET', '/sdk/v1/ruleset', {
      key,
      headers: { origin: 'https://shop.example' },
    })

    expect(headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(headers.get('cache-control')).toBe('no-cache')
    const vary = headers.get('vary')!.toLowerCase().split(', ')
    expect(vary).toEqual(expect.arrayContaining(['accept-encoding', 'authorization', 'origin']))
  })

  test.for([
    ['br', 'br', brotliDecompressSync],
    ['gzip', 'gzip;q=1, br;q=0', gunzipSync],
    [undefined, 'identity', (bytes: Buffer) => bytes],
  ] as const)('is sent as %s to clients that accept "%s"', async ([encoding, accept, decode]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')

    const { headers, bytes } = await rawGet(`${server.url}/sdk/v1/ruleset`, {
      authorization: `Bearer ${key}`,
      'accept-encoding': accept,
    })

    expect(headers['content-encoding']).toBe(encoding)
    expect(JSON.parse(decode(bytes).toString())).toEqual(await rulesetOf(server, key))
  })
})

describe('the address of an SDK request', () => {
  test.for([
    [undefined, '?scope=production/acme', 200],
    [undefined, '?scope=production&instance=acme', 200],
    [undefined, '', 'SCOPE_REQUIRED'],
    [undefined, '?instance=acme', 'SCOPE_REQUIRED'],
    [undefined, '?scope=*', 'SCOPE_REQUIRED'],
    [undefined, '?scope=nowhere', 'ENTITY_NOT_FOUND'],
    [undefined, '?scope=production/nobody', 'ENTITY_NOT_FOUND'],
    ['production', '', 200],
    ['production', '?scope=production/acme', 200],
    ['production', '?instance=acme', 200],
    ['production', '?instance=nobody', 'ENTITY_NOT_FOUND'],
    ['production', '?scope=staging', 'SCOPE_OUTSIDE_KEY'],
    ['production/acme', '', 200],
    ['production/acme', '?instance=acme', 200],
    ['production/acme', '?instance=globex', 'SCOPE_OUTSIDE_KEY'],
    ['production/acme', '?scope=production', 'SCOPE_OUTSIDE_KEY'],
    ['production/acme', '?scope=production/globex', 'SCOPE_OUTSIDE_KEY'],
  ] as const)('of a key of %s with "%s" leads to %s', async ([scope, query, outcome]) => {
    await using server = await startShopServer()
    await server.ask('POST', 'environments', { body: { key: 'staging' } })
    const key = await server.makeKey('server', scope)

    for (const path of ['ruleset', 'stream']) {
      const controller = new AbortController()
      const response = await fetch(`${server.url}/sdk/v1/${path}${query}`, {
        headers: { authorization: `Bearer ${key}` },
        signal: controller.signal,
      })
      const code = response.ok
        ? response.status
        : ((await response.json()) as { code: string }).code
      controller.abort()
      expect(code).toBe(outcome)
    }
  })

  test('is refused for an admin key, and the hint names the right kinds', async () => {
    await using server = await startShopServer()
    const { status, body } = await server.ask('GET', '/sdk/v1/stream')
    expect(status).toBe(403)
    expect(body).toMatchObject({
      code: 'KEY_KIND_FORBIDDEN',
      hint: 'Use a key of kind server or client.',
    })
  })
})

describe('propagation', () => {
  test('lists the SDKs that hold a version, and the time that each needed', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const client = await openStreamClient(server.url, key, { sdkId: 'sdk-1' })
    await client.until('the ruleset has come', () => client.ruleset !== undefined)
    const hold = () =>
      server.ask('POST', '/sdk/v1/events', {
        key,
        body: {
          sdk: { id: 'sdk-1', name: 'test/1' },
          held: { epoch: client.ruleset!.epoch, version: client.ruleset!.version },
        },
      })
    await hold()
    const { body: kill } = await server.ask<{ version: number; propagation: string }>(
      'POST',
      'flags/new-checkout/kill',
      { body: { reason: 'It breaks' } },
    )
    await client.until('the kill has come', () => client.ruleset!.version === kill.version)

    expect((await server.ask('GET', kill.propagation)).body).toMatchObject({
      connected: 1,
      confirmed: 0,
      sdks: [{ confirmed: false }],
    })
    await hold()
    const { body } = await server.ask<{ p50Ms: number }>('GET', kill.propagation)
    expect(body).toMatchObject({
      connected: 1,
      confirmed: 1,
      sdks: [{ id: 'sdk-1', name: 'test/1', confirmed: true }],
    })
    expect(body.p50Ms).toBeGreaterThan(0)

    client.close()
    await client.until('it is closed', () => client.isClosed)
    for (;;) {
      const after = await server.ask<{ sdks: object[] }>('GET', kill.propagation)
      if ('offlineSince' in after.body.sdks[0]!) break
    }
  })
})

function rawGet(url: string, headers: Record<string, string>) {
  return new Promise<{ headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
    const sent = request(url, { headers }, async (response) => {
      const pieces: Buffer[] = []
      for await (const piece of response) pieces.push(piece as Buffer)
      resolve({ headers: response.headers, bytes: Buffer.concat(pieces) })
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Opens a stream and never reads it. */
function lazyReader(url: string, key: string): Promise<{ isCut(): boolean }> {
  return new Promise((resolve, reject) => {
    let cut = false
    const headers = { authorization: `Bearer ${key}` }
    const sent = request(`${url}/sdk/v1/stream`, { headers, agent: false }, (response) => {
      response.pause()
      response.socket.pause()
      response.socket.on('close', () => {
        cut = true
      })
      resolve({
        isCut() {
          // A paused socket detects its end only while it reads; a write detects a closed peer.
          response.socket.write('\0', (error) => {
            cut ||= error !== undefined && error !== null
          })
          return cut
        },
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
