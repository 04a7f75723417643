import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'
import { scrape } from './scrape.ts'
import { folder } from './server-process.ts'

/** A request that direct routes may answer. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

let server: TestServer
const keys: Record<string, string> = {}

beforeAll(async () => {
  server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'visible', clientVisible: true } })
  // Client keys receive ASCII alone.
  const texts = [{ key: 'german', value: 'Grüße ☃' }]
  const layers = { production: { on: true, fallthrough: { variant: 'german' } } }
  const greeting = { key: 'greeting', type: 'string', variants: texts, off: 'german', layers }
  await server.ask('POST', 'flags', { body: greeting })
  keys.server = await server.makeKey('server', 'production/acme')
  keys.client = await server.makeKey('client', 'production')
  keys.project = await server.makeKey('server')
  keys.admin = await server.makeKey('admin')
  keys.unknown = 'fh_server_unknown'
  const headers = { authorization: `Bearer ${keys.server}`, 'content-type': 'application/json' }
  const { body } = REPORTS['a batch that is known']!()
  await send({ method: 'POST', path: EVENTS, headers, body: body! })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends a request as it is, and reads its response, or the first events of a stream, as bytes. */
function send({ method, path, headers = {}, body }: Asked) {
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request(server.url + path, { method, headers: { ...headers, ...length } })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      const done = () => {
        const body = Buffer.concat(chunks).toString('latin1')
        resolve({ status: response.statusCode!, headers: response.headers, body })
      }
      response.on('end', done)
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (response.headers['content-type']?.startsWith('text/event-stream') !== true) return
        sent.destroy()
        done()
      })
    })
    sent.end(body)
  })
}

/** Sends a request to the router, which any query reaches. */
const sendToRouter = (asked: Asked) => send({ ...asked, path: `${asked.path}?` })

/** Removes the differences between two requests, ids, and the CORS headers that only pages read. */
function comparable({ status, headers, body }: Awaited<ReturnType<typeof send>>) {
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(date|x-request-id|access-control-.*)$/.test(name),
  )
  return {
    status,
    headers: Object.fromEntries(kept),
    body: body
      .replace(/"requestId":"[^"]+"/, '"requestId":"…"')
      // With gzip, the length of the block precedes it, and 1000 has a digit more than 999.
      .replace(/(?:.{4})?retry: \d+/s, 'retry: …'),
  }
}

const RULESET = '/sdk/v1/ruleset'
const STREAM = '/sdk/v1/stream'
const SDK = { 'flaghoist-sdk': 'test/1', 'flaghoist-sdk-id': 'sdk-1' }
const FLAGS = '/ofrep/v1/evaluate/flags'
const FLAG_KEYS = ['new-checkout', 'visible', 'greeting', 'absent']
const context = (members: object) => JSON.stringify({ context: members })
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const BODIES: Readonly<Record<string, string>> = {
  'a context': context({ targetingKey: 'user-1', plan: 'pro' }),
  'an empty object': '{}',
  'an empty body': '',
  'a targeting key that is no text': context({ targetingKey: {} }),
  'a context that is nested too deep': context({ deep: nested(40) }),
  'a context that is no object': '{"context":[]}',
  'no JSON': '{',
  'a body that is too large': context({ text: 'x'.repeat(2_000_000) }),
}

const EVENTS = '/sdk/v1/events'
const SENDER = { id: 'sdk-1', name: 'test/1' }
/** A report with a batch of its own, so that none counts as a repetition. */
const report = (members: object = {}, count = 1) => {
  const cell = { flag: 'new-checkout', revision: 1, minute: Date.now(), reason: 'STATIC' }
  const batch = { id: randomUUID(), exposures: Array(count).fill({ ...cell, count: 1 }) }
  return JSON.stringify({ sdk: SENDER, batch, ...members })
}
const RELAYED = { held: { epoch: 'e', version: 1 }, relayed: { connected: 1, held: [] } }
const gzipped = (text: string) => ({
  headers: { 'content-encoding': 'gzip' },
  body: gzipSync(text),
})
const REPORTS: Readonly<Record<string, () => Partial<Asked>>> = {
  'a batch': () => ({ body: report() }),
  'a batch in gzip': () => gzipped(report({}, 100)),
  'a batch of many items by another clock': () => ({ body: report({ sentAt: 1 }, 20) }),
  'a batch of exposures and outcomes': () => {
    const cell = { flag: 'new-checkout', revision: 1, minute: Date.now() }
    const exposures = [{ ...cell, reason: 'STATIC', count: 1 }]
    const outcomes = [{ ...cell, arm: 'treatment', metric: 'error', units: ['5f3a9c0b1d2e4f60'] }]
    return { body: report({ batch: { id: randomUUID(), exposures, outcomes } }) }
  },
  'a batch that is known': () => ({
    body: report({ batch: { id: 'batch-known', exposures: [], outcomes: [] } }),
  }),
  'a ruleset alone': () => ({
    body: JSON.stringify({ sdk: SENDER, held: { epoch: 'e', version: 1 } }),
  }),
  'SDKs behind a relay': () => ({ body: report(RELAYED) }),
  'SDKs behind a relay with a key of its own': () => ({
    headers: { 'flaghoist-relay-key': keys.server! },
    body: report(RELAYED),
  }),
  'a member of no meaning': () => ({ body: report({ more: 1 }) }),
  'a poisoned member': () => ({ body: report().replace('"sdk"', '"__proto__":{},"sdk"') }),
  'a member that is poisoned by an escape': () => ({
    body: report().replace('"sdk"', '"\\u005f_proto__":{},"sdk"'),
  }),
  'an invalid item': () => ({ body: report().replace('"STATIC"', '"LUCK"') }),
  'no JSON': () => ({ body: '{' }),
  'an empty body': () => ({ body: '' }),
  'another content type': () => ({ headers: { 'content-type': 'text/plain' }, body: report() }),
  'a content type like JSON': () => ({
    headers: { 'content-type': 'application/json-patch+json' },
    body: report(),
  }),
  'a content type with its charset': () => ({
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: report(),
  }),
  'a word that no member may have': () => ({
    body: report({ sdk: { ...SENDER, id: 'constructor' } }),
  }),
  'an unknown encoding': () => ({ headers: { 'content-encoding': 'br' }, body: report() }),
  'a body that is not the gzip that it claims': () => ({ ...gzipped(''), body: report() }),
  'a body that unpacks to a huge one': () => gzipped(JSON.stringify('x'.repeat(5_000_000))),
  'a body that is too large': () => ({ body: JSON.stringify('x'.repeat(5_000_000)) }),
}

describe('a direct route and the router answer alike', () => {
  test('/livez', async () => {
    const asked = { method: 'GET', path: '/livez' }
    expect(comparable(await send(asked))).toEqual(comparable(await sendToRouter(asked)))
  })

  describe.each(['server', 'client', 'project', 'admin', 'unknown', 'none'])('key: %s', (name) => {
    const authorized = (): Record<string, string> =>
      name === 'none' ? {} : { authorization: `Bearer ${keys[name]}` }

    test.each(['identity', 'gzip', 'br', '*;q=0'])('ruleset as %s', async (encoding) => {
      const headers = { ...authorized(), 'accept-encoding': encoding }
      const asked = { method: 'GET', path: RULESET, headers }
      const direct = await send(asked)
      expect(comparable(direct)).toEqual(comparable(await sendToRouter(asked)))

      const { etag } = direct.headers as { etag?: string }
      const again = { ...asked, headers: { ...headers, 'if-none-match': etag ?? '*' } }
      expect(comparable(await send(again))).toEqual(comparable(await sendToRouter(again)))
    })

    test.each(['identity', 'gzip', 'br'])('stream as %s', async (encoding) => {
      const headers = { ...authorized(), ...SDK, 'accept-encoding': encoding }
      const held = await send({ method: 'GET', path: RULESET, headers: authorized() })
      const { etag = '' } = held.headers as { etag?: string }
      const current = etag.replace(/^"|-.*$/g, '')
      const later = current.replace(/\.\d+\./, '.99.')
      for (const cursor of [undefined, current, later, 'what?']) {
        const resumed = cursor === undefined ? headers : { ...headers, 'last-event-id': cursor }
        const asked = { method: 'GET', path: STREAM, headers: resumed }
        expect(comparable(await send(asked))).toEqual(comparable(await sendToRouter(asked)))
      }
    })

    test.each(Object.keys(REPORTS))('report with %s', async (kind) => {
      const ask = () => {
        const { headers, body } = REPORTS[kind]!()
        const sent = { ...authorized(), 'content-type': 'application/json', ...headers }
        return { method: 'POST', path: EVENTS, headers: sent, body: body! }
      }
      expect(comparable(await send(ask()))).toEqual(comparable(await sendToRouter(ask())))
    })

    test.each(Object.keys(BODIES))('evaluation with %s', async (kind) => {
      const headers = { ...authorized(), 'content-type': 'application/json' }
      for (const path of [FLAGS, ...FLAG_KEYS.map((key) => `${FLAGS}/${key}`)]) {
        const asked = { method: 'POST', path, headers, body: BODIES[kind]! }
        const direct = await send(asked)
        expect(comparable(direct)).toEqual(comparable(await sendToRouter(asked)))

        const { etag } = direct.headers as { etag?: string }
        if (etag === undefined) continue
        const again = { ...asked, headers: { ...headers, 'if-none-match': etag } }
        expect((await send(again)).status).toBe(304)
        expect(comparable(await send(again))).toEqual(comparable(await sendToRouter(again)))
      }
    })
  })

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('%s of every path', async (method) => {
    const headers = { authorization: `Bearer ${keys.server}` }
    for (const path of ['/livez', RULESET, STREAM, EVENTS, FLAGS, `${FLAGS}/visible`]) {
      const asked = { method, path, headers }
      expect(comparable(await send(asked))).toEqual(comparable(await sendToRouter(asked)))
    }
  })
})

describe('a direct route', () => {
  test('opens the stream of an SDK that names itself, and of no other', async () => {
    const authorization = `Bearer ${keys.server}`
    const corsOf = async (headers: Record<string, string>) => {
      const { headers: received } = await send({ method: 'GET', path: STREAM, headers })
      return 'access-control-allow-origin' in received
    }
    expect(await corsOf({ authorization, ...SDK })).toBe(false)
    expect(await corsOf({ authorization })).toBe(true)
    expect(await corsOf({ authorization, ...SDK, 'flaghoist-sdk-id': '' })).toBe(true)
  })

  test('counts a stream for the limit of its key once', async () => {
    await using limited = await startShopServer({ FLAGHOIST_RATE_LIMIT: '30' })
    const key = await limited.makeKey('server', 'production')
    const headers = { authorization: `Bearer ${key}`, ...SDK }
    const statuses: number[] = []
    for (let i = 0; i < 31; i += 1) {
      const response = await fetch(limited.url + STREAM, { headers })
      statuses.push(response.status)
      await response.body?.cancel()
    }
    expect(statuses).toEqual([...Array<number>(30).fill(200), 429])
  })

  test('counts for the limit of a key, which the router refuses', async () => {
    await using limited = await startShopServer({ FLAGHOIST_RATE_LIMIT: '30' })
    const key = await limited.makeKey('server', 'production')
    const statuses: number[] = []
    for (let i = 0; i < 31; i += 1)
      statuses.push((await limited.ask('GET', RULESET, { key })).status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(30)
    const { status, headers } = await limited.ask('POST', `${FLAGS}/new-checkout`, {
      key,
      body: {},
    })
    expect([status, headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)])
  })

  test('counts reports with a batch for the limit of their key, and no mere confirmation', async () => {
    await using limited = await startShopServer({ FLAGHOIST_RATE_LIMIT: '30' })
    const key = await limited.makeKey('server', 'production')
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const statusOf = async (body: string) =>
      (await fetch(limited.url + EVENTS, { method: 'POST', headers, body })).status
    const confirmation = JSON.stringify({ sdk: SENDER, held: { epoch: 'e', version: 1 } })
    const statuses: number[] = []
    for (let i = 0; i < 31; i += 1) {
      expect(await statusOf(confirmation)).toBe(202)
      // The router reads this word, after the request has been counted.
      const sdk = i % 3 === 0 ? { ...SENDER, id: 'constructor' } : SENDER
      statuses.push(await statusOf(report({ sdk }, i % 2 === 0 ? 1 : 100)))
    }
    expect(statuses).toEqual([...Array<number>(30).fill(202), 429])
    expect(await statusOf(confirmation)).toBe(202)
  })

  test('accepts a report without the router', async () => {
    const headers = { authorization: `Bearer ${keys.server}`, 'content-type': 'application/json' }
    const isRouted = async (body: string | Buffer, more = {}) => {
      const asked = { method: 'POST', path: EVENTS, headers: { ...headers, ...more }, body }
      return 'access-control-allow-origin' in (await send(asked)).headers
    }
    expect(await isRouted(report())).toBe(false)
    const { headers: encoding, body } = gzipped(report({}, 100))
    expect(await isRouted(body, encoding)).toBe(false)
    expect(await isRouted('{')).toBe(true)
  })

  test('tries to store a report once, and leaves its failure to the router', async () => {
    await using full = await startShopServer({
      FLAGHOIST_DATA_DIR: folder(),
      FLAGHOIST_MIN_FREE_BYTES: `${2 ** 40}`,
    })
    const key = await full.makeKey('server', 'production')
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const ask = (path: string) =>
      fetch(full.url + path, { method: 'POST', headers, body: report({}, 100) })
    for (const path of [EVENTS, `${EVENTS}?`]) {
      const answer = await ask(path)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ code: 'EVENTS_PAUSED' })
    }
    const failed = (await scrape(full.url)).value('flaghoist_event_batches_total', {
      result: 'failed',
    })
    expect(failed).toBe(2)
  })

  test('counts an evaluation that fails once', async () => {
    await using limited = await startShopServer({ FLAGHOIST_RATE_LIMIT: '30' })
    const key = await limited.makeKey('server', 'production')
    const statuses: number[] = []
    for (let i = 0; i < 31; i += 1) {
      const path = `${FLAGS}/${i % 2 === 0 ? 'absent' : 'new-checkout'}`
      statuses.push((await limited.ask('POST', path, { key, body: {} })).status)
    }
    expect(statuses.slice(0, 30)).not.toContain(429)
    expect(statuses[30]).toBe(429)
  })

  test('refuses a key at once when it is revoked', async () => {
    const { body } = await server.ask<{ id: string; secret: string }>('POST', 'keys', {
      body: { name: 'short', kind: 'server', scope: 'production' },
    })
    const read = () => server.ask('GET', RULESET, { key: body.secret })
    expect((await read()).status).toBe(200)
    await server.ask('DELETE', `keys/${body.id}`)
    expect((await read()).status).toBe(401)
  })
})
