import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { redisCli, startRedis } from '../../../test-support/redis.ts'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'
import { startNoticeReceiver } from './notice-receiver.ts'
import { run } from './server-process.ts'

interface Line {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly requestId?: string
  readonly code?: string
  readonly status?: number
  readonly route?: string
  readonly key?: string
}

/** The log lines among the output of a process. */
function linesOf(output: string): readonly Line[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line) as Line)
}

/** A server in a process of its own, whose output can be read. */
async function startLogged(settings: Readonly<Record<string, string>>) {
  const server = run({
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    ...settings,
  })
  const url = await server.url()
  const ask = (method: string, path: string, parts: Asked = {}) =>
    fetch(url + (path.startsWith('/') ? path : `/api/v1/projects/default/${path}`), {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        ...(parts.body !== undefined && { 'content-type': 'application/json' }),
        ...parts.headers,
      },
      ...(parts.body !== undefined && { body: JSON.stringify(parts.body) }),
    })
  return { ...server, address: url, ask, lines: () => linesOf(server.output()) }
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

describe('the id of a request', () => {
  const TRACE = '0af7651916cd43dd8448eb211c80319c'
  let server: TestServer
  beforeAll(async () => {
    server = await startShopServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const MADE = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

  test.for([
    ['is the one of the client', { 'x-request-id': 'lb-7/Ab:c=' }, /^lb-7\/Ab:c=$/],
    ['is the trace of the client', { traceparent: `00-${TRACE}-b7ad6b7169203331-00` }, TRACE],
    [
      'is new for an invalid trace',
      { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` },
      MADE,
    ],
    ['is new for an id that is too long', { 'x-request-id': 'x'.repeat(101) }, MADE],
    ['is new for an id with spaces', { 'x-request-id': 'a b' }, MADE],
    ['is new for an id that looks like a log line', { 'x-request-id': '{"level":"error"}' }, MADE],
    ['is new without a header', {}, MADE],
  ] as const)('%s', async ([, headers, expected]) => {
    const failed = await server.ask('GET', 'flags/absent', { headers })

    const id = failed.headers.get('x-request-id')
    expect(id).toMatch(expected)
    expect(failed.body.requestId).toBe(id)
    const made = await server.ask('POST', 'flags/new-checkout/kill?reason=test', { headers })
    const recorded = made.headers.get('x-request-id')
    expect(recorded).toMatch(expected)
    const { body } = await server.ask<{ items: { requestId: string }[] }>('GET', 'changes')
    expect(body.items[0]!.requestId).toBe(recorded)
    await server.ask('POST', 'flags/new-checkout/restore?reason=test')
  })
})

describe('the log', () => {
  test('has one line for each failed request, with its code', async () => {
    const server = await startLogged({ FLAGHOIST_LOG_LEVEL: 'info' })
    const headers = { 'x-request-id': 'id-of-one' }
    await server.ask('GET', 'flags/absent', { headers })
    await server.ask('GET', 'flags', { headers: { authorization: 'none', 'x-request-id': 'two' } })
    await server.ask('GET', '/planted-path', { headers: { 'x-request-id': 'three' } })
    await server.ask('GET', '/%zz', { headers: { 'x-request-id': 'four' } })
    await server.ask('POST', '/ofrep/v1/evaluate/flags/absent', {
      body: {},
      headers: { 'x-request-id': 'five' },
    })
    await server.ask('GET', 'flags')
    await server.says(/"five"/)

    const failed = server.lines().filter(({ msg }) => msg === 'Request refused')

    const route = '/api/v1/projects/:project/flags'
    expect(failed).toMatchObject([
      { requestId: 'id-of-one', status: 404, code: 'ENTITY_NOT_FOUND', route: `${route}/:flag` },
      { requestId: 'two', status: 401, code: 'KEY_MISSING', route },
      { requestId: 'three', status: 404, code: 'ROUTE_NOT_FOUND', route: 'none' },
      { requestId: 'four', status: 400, code: 'REQUEST_INVALID', route: 'none' },
      { requestId: 'five', status: 403, route: '/ofrep/v1/evaluate/flags/:key' },
    ])
    expect(failed[0]).toMatchObject({ level: 'info', method: 'GET', key: expect.any(String) })
    expect(Date.parse(failed[0]!.time)).toBeGreaterThan(Date.now() - 60_000)
    expect(server.output()).not.toContain('planted')
  })

  test('has the cause of a failure of the server at every level down to error', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const server = await startLogged({
      FLAGHOIST_LOG_LEVEL: 'error',
      FLAGHOIST_REDIS_URL: redis.url,
      FLAGHOIST_SECRET: 'secret-of-this-test-0000000000000',
    })
    await redis.stop()

    const response = await server.ask('POST', 'flags', { body: { key: 'one' } })

    expect(response.status).toBe(503)
    await server.says(/"status":503/)
    expect(server.lines().find(({ status }) => status === 503)).toMatchObject({
      level: 'error',
      code: 'REDIS_UNAVAILABLE',
      requestId: response.headers.get('x-request-id'),
      err: { stack: expect.any(String) },
    })
  })

  test('contains no secret in a whole run at level debug', async () => {
    const redis = await startRedis('--requirepass', 'planted-password')
    const withPassword = redis.url.replace('//', '//:planted-password@')
    onTestFinished(() => redis.stop())
    await using receiver = await startNoticeReceiver()
    receiver.respondWith(500)
    const server = await startLogged({
      FLAGHOIST_LOG_LEVEL: 'debug',
      FLAGHOIST_REDIS_URL: withPassword,
      FLAGHOIST_SECRET: 'planted-secret-00000000000000000000',
      FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
      FLAGHOIST_METRICS_TOKEN: 'planted-token-of-the-metrics',
      FLAGHOIST_EVENTS_WEBHOOK_URL: 'http://127.0.0.1:9/planted-events',
      FLAGHOIST_EVENTS_WEBHOOK_SECRET: `whsec_${Buffer.from('planted'.repeat(5)).toString('base64')}`,
      FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1',
    })
    const made = await server.ask('POST', 'keys', {
      body: { name: 'sdk', kind: 'server', scope: 'production' },
    })
    const { secret } = (await made.json()) as { secret: string }
    const url = `${receiver.url}/hooks/planted-hook`
    await server.ask('POST', 'subscriptions', { body: { key: 'ops', channel: 'webhook', url } })
    for (const bad of ['ftp://planted-host/x', 'http://192.0.2.1/planted', 'planted'])
      await server.ask('POST', 'subscriptions', {
        body: { key: 'bad', channel: 'slack', url: bad },
      })
    await server.ask('POST', 'flags', { body: { key: 'one' } })
    await server.ask('POST', 'flags/one/kill?reason=test')
    await receiver.webhooks(1)
    const sdk = { headers: { authorization: `Bearer ${secret}` } }
    for (const path of ['/sdk/v1/ruleset?', '/sdk/v1/ruleset?planted=1', '/api/v1/backup'])
      await server.ask('GET', path, sdk)
    const cell = { flag: 'one', variant: 'on', reason: 'STATIC', revision: 1, count: 1, minute: 0 }
    const batch = { id: 'batch-one', exposures: [cell], outcomes: [] }
    const report = { sdk: { id: 'sdk-one', name: 'test/1' }, batch }
    await server.ask('POST', '/sdk/v1/events', { ...sdk, body: report })
    await server.ask('GET', '/metrics', { headers: { authorization: 'Bearer planted-guess' } })
    await server.ask('GET', '/planted?token=planted', { headers: { authorization: 'planted' } })
    await sendRaw(
      server.address,
      `GET / HTTP/1.1\r\nauthorization: Bearer ${secret}\r\nx\x01: y\r\n\r\n`,
    )
    // The error of the refused command holds its arguments, and with them the change.
    await redisCli(redis.port, '-a', 'planted-password', 'CONFIG', 'SET', 'maxmemory', '1')
    const body = { key: 'two', description: 'planted-description' }
    expect((await server.ask('POST', 'flags', { body })).status).toBe(503)
    await redis.stop()
    expect((await server.ask('POST', 'flags', { body: { key: 'two' } })).status).toBe(503)
    server.child.kill('SIGTERM')
    await server.exited

    const lines = server.lines()
    const levels = lines.map(({ level }) => level)
    expect(levels).toEqual(expect.arrayContaining(['error', 'info', 'debug']))
    const output = server.output()
    expect(output).not.toMatch(/planted/i)
    for (const one of [secret, ADMIN_KEY, withPassword]) expect(output).not.toContain(one)
    for (const one of [secret, ADMIN_KEY, 'planted'])
      expect(output).not.toContain(Buffer.from(one).toString('base64').replace(/=+$/, ''))
  })
})

/** Sends bytes, and waits until the server ends the connection. */
function sendRaw(url: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket
      .on('close', () => resolve())
      .on('error', () => {})
      .resume()
  })
}
