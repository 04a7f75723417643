import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createRawConnection } from './fuzz/raw-connection.ts'
import { ADMIN_KEY, startShopServer, startTestServer } from './http-server.ts'

const ADMIN_ROUTE = '/api/v1/projects/default/flags'
const SDK_ROUTE = '/sdk/v1/ruleset'

describe('keys', () => {
  test.for([
    ['admin', ADMIN_ROUTE, 200],
    ['admin', SDK_ROUTE, 403],
    ['server', ADMIN_ROUTE, 403],
    ['server', SDK_ROUTE, 200],
    ['client', ADMIN_ROUTE, 403],
    ['client', SDK_ROUTE, 200],
  ] as const)('of kind %s ask %s: %i', async ([kind, route, status]) => {
    await using server = await startShopServer()
    const key = await server.makeKey(kind, kind === 'admin' ? undefined : 'production/acme')

    expect((await server.ask('GET', route, { key })).status).toBe(status)
  })

  test.for([
    ['no key', null, 'KEY_MISSING'],
    ['an unknown key', 'fh_admin_made-up', 'KEY_UNKNOWN'],
  ] as const)('are needed everywhere: %s', async ([, key, code]) => {
    await using server = await startTestServer()
    for (const route of [ADMIN_ROUTE, SDK_ROUTE, '/sdk/v1/stream', '/api/v1/projects'])
      expect((await server.ask('GET', route, { key })).body).toMatchObject({ status: 401, code })
    const { body } = await server.ask('POST', '/sdk/v1/events', { key, body: {} })
    expect(body).toMatchObject({ status: 401, code })
  })

  test('are out as soon as they are revoked', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production')
    expect((await server.ask('GET', SDK_ROUTE, { key })).status).toBe(200)

    const { body } = await server.ask<{ items: { id: string; kind: string }[] }>('GET', 'keys')
    const { id } = body.items.find(({ kind }) => kind === 'server')!
    const revoked = await server.ask('DELETE', `keys/${id}`)

    expect(revoked.body).toHaveProperty('revokedAt')
    expect((await server.ask('GET', SDK_ROUTE, { key })).status).toBe(401)
  })

  test('stay revoked: the change that revoked them cannot be reverted', async () => {
    await using server = await startShopServer()
    await server.makeKey('server', 'production')
    const { body } = await server.ask<{ items: { id: string; kind: string }[] }>('GET', 'keys')
    const { id } = body.items.find(({ kind }) => kind === 'server')!
    const revoked = await server.ask('DELETE', `keys/${id}`)

    const seq = revoked.headers.get('flaghoist-version')

    const { body: answer } = await server.ask('POST', `changes/${seq}/revert`)
    expect(answer).toMatchObject({ status: 422, code: 'REVERT_FORBIDDEN' })
  })

  test('expire', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await using server = await startTestServer()
    const make = (ms: number) => {
      const expiresAt = new Date(Date.now() + ms).toISOString()
      const body = { name: 'old', kind: 'server', scope: 'production', expiresAt }
      return server.ask<{ secret: string }>('POST', 'keys', { body })
    }
    const { body: made } = await make(60_000)
    const status = async () => (await server.ask('GET', SDK_ROUTE, { key: made.secret })).status

    vi.setSystemTime(Date.now() + 59_999)
    expect(await status()).toBe(200)
    vi.setSystemTime(Date.now() + 1)
    expect(await status()).toBe(401)
    expect((await make(-1_000)).status).toBe(400)
  })

  test('of all projects are refused to a key of one project before their other members', async () => {
    await using server = await startTestServer()
    const key = await server.makeKey('admin')
    const expiresAt = '2020-01-01T00:00:00Z'
    const create = (body: object) => server.ask('POST', 'keys', { key, body })

    const everywhere = await create({ name: 'x', kind: 'admin', allProjects: true, expiresAt })
    const here = await create({ name: 'x', kind: 'admin', expiresAt })

    expect(everywhere.body).toMatchObject({ status: 403, code: 'PROJECT_KEY_REQUIRED' })
    expect(here.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
  })

  test('show no secret and no hash once they are made', async () => {
    await using server = await startShopServer()
    const secret = await server.makeKey('server', 'production')

    const everything = [
      await server.ask('GET', 'keys'),
      await server.ask('GET', 'changes'),
      await server.ask('GET', 'export'),
    ].map(({ body }) => JSON.stringify(body))

    for (const text of everything) expect(text).not.toContain(secret)
    expect(everything[0]).not.toContain('"hash"')
    expect(everything[0]).toContain('lastUsedAt')
  })

  test('of a server are refused in a browser', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production')
    const headers = { origin: 'https://shop.example' }

    const answer = await server.ask('GET', SDK_ROUTE, { key, headers })

    expect(answer.body).toMatchObject({ status: 403, code: 'KEY_IN_BROWSER' })
  })

  test('of an admin that are bound to an instance see and change that one alone', async () => {
    await using server = await startShopServer()
    await server.ask('PUT', 'flags/new-checkout/layers/production/globex', { body: { on: true } })
    const key = await server.makeKey('admin', 'production/acme')

    const seen = await Promise.all(
      ['flags', 'flags/new-checkout', 'instances', 'changes', 'environments'].map((path) =>
        server.ask('GET', path, { key }),
      ),
    )
    for (const { status, body } of seen) {
      expect(status).toBe(200)
      expect(JSON.stringify(body)).not.toContain('globex')
    }
    const write = (path: string, body: object) => server.ask('PATCH', path, { key, body })
    expect((await write('flags/new-checkout/layers/production/acme', { on: false })).status).toBe(
      200,
    )
    for (const scope of ['production/globex', 'production', '*'])
      expect((await write(`flags/new-checkout/layers/${scope}`, { off: 'on' })).body.code).toBe(
        'SCOPE_FORBIDDEN',
      )
    expect((await write('flags/new-checkout', { owner: 'x' })).body.code).toBe('SCOPE_FORBIDDEN')
    await server.ask('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production/globex'], reason: 'It is broken' },
    })
    const { body: log } = await server.ask<{ items: { seq: number }[] }>('GET', 'changes')
    const layer = 'flags/new-checkout/layers/production/globex'
    const asked = [
      ['PATCH', layer, {}],
      ['PUT', layer, { on: true }],
      ['PATCH', 'flags/new-checkout', {}],
      ['POST', 'flags/new-checkout/unarchive', {}],
      ['PATCH', 'instances/globex', {}],
      ['POST', 'instances', { key: 'globex' }],
      ['DELETE', 'instances/globex', undefined],
      ['POST', 'flags', { key: 'new-checkout' }],
      [
        'POST',
        'flags/new-checkout/kill',
        { scopes: ['production/globex'], reason: 'It is broken' },
      ],
      ['POST', 'flags/new-checkout/restore', { scopes: ['production/globex'] }],
      ['POST', 'flags/new-checkout/preview', { scope: 'production/globex', layer: {} }],
      ['POST', `changes/${log.items[0]!.seq}/revert`, undefined],
    ] as const
    for (const [method, path, body] of asked) {
      const answer = await server.ask(method, path, { key, body })
      expect([path, answer.status]).toEqual([path, path.match(/preview|revert/) ? 404 : 403])
      expect(JSON.stringify(answer.body)).not.toMatch(/"salt"|It is broken/)
    }
    await server.ask('POST', 'flags/new-checkout/restore', { body: {} })
    await server.ask('POST', 'kill', {
      body: { flagTags: {}, instanceTags: {}, reason: 'All of it' },
    })
    const { body: both } = await server.ask<{ items: { seq: number }[] }>('GET', 'changes')
    const revert = await server.ask('POST', `changes/${both.items[0]!.seq}/revert`, { key })
    expect([revert.status, JSON.stringify(revert.body)]).toEqual([
      403,
      expect.not.stringContaining('globex'),
    ])
    expect((await server.ask('GET', 'keys', { key })).body.code).toBe('PROJECT_KEY_REQUIRED')
    expect((await server.ask('GET', 'export', { key })).body.code).toBe('PROJECT_KEY_REQUIRED')
  })
})

describe('the scope of an SDK', () => {
  test.for([
    ['production/acme', '', 200],
    ['production/acme', '?instance=acme', 200],
    ['production/acme', '?instance=globex', 403],
    ['production/acme', '?scope=production', 403],
    ['production', '', 200],
    ['production', '?instance=acme', 200],
    ['production', '?scope=production/globex', 200],
    ['production', '?instance=nobody', 404],
    [undefined, '', 400],
    [undefined, '?scope=production', 200],
    [undefined, '?scope=staging', 404],
  ] as const)('of a key for %s with "%s": %i', async ([scope, query, status]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', scope)

    expect((await server.ask('GET', SDK_ROUTE + query, { key })).status).toBe(status)
  })
})

describe('requests', () => {
  test.for([
    ['an unknown path', 'GET', '/nothing', 404, 'ROUTE_NOT_FOUND'],
    [
      'a method that a path does not take',
      'PUT',
      '/api/v1/projects/default/flags',
      405,
      'METHOD_NOT_ALLOWED',
    ],
    ['a path that looks like a pattern', 'GET', '/*/flags', 404, 'ROUTE_NOT_FOUND'],
    ['OPTIONS of the admin API', 'OPTIONS', '/api/v1/projects', 405, 'METHOD_NOT_ALLOWED'],
    ['a key of any length', 'GET', `/api/v1/projects/${'a'.repeat(301)}`, 400, 'REQUEST_INVALID'],
    ['an unknown flag', 'GET', '/api/v1/projects/default/flags/nope', 404, 'ENTITY_NOT_FOUND'],
    ['an unknown project', 'GET', '/api/v1/projects/nope/flags', 404, 'PROJECT_NOT_FOUND'],
    [
      'a query that nobody knows',
      'GET',
      '/api/v1/projects/default/flags?lmit=1',
      400,
      'REQUEST_INVALID',
    ],
  ] as const)('are told of %s', async ([, method, path, status, code]) => {
    await using server = await startTestServer()
    const { body } = await server.ask(method, path)
    expect(body).toMatchObject({ status, code })
    expect(body.requestId).toBeTruthy()
  })

  test.for([
    ['a character that is not encoded', 'GET /\xff HTTP/1.1', 400, 'HTTP_INVALID'],
    ['another protocol', '\x16\x03\x01', 400, 'HTTP_INVALID'],
    ['too long headers', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, 431, 'HEADERS_TOO_LARGE'],
  ] as const)('that are not HTTP are told of %s', async ([, head, status, code]) => {
    await using server = await startTestServer()
    const connection = createRawConnection(server.url)

    const { status: answered, body } = await connection.send(
      Buffer.from(`${head}\r\n\r\n`, 'latin1'),
    )

    expect(answered).toBe(status)
    expect(JSON.parse(body.toString())).toMatchObject({ status, code, hint: expect.any(String) })
  })

  test.for([
    ['no JSON', '{"key":', 400],
    ['a body of 17 MiB', JSON.stringify({ key: 'a', description: 'x'.repeat(17 * 2 ** 20) }), 413],
    ['a prototype', '{"key":"a","__proto__":{"x":1}}', 400],
  ] as const)('with %s are refused', async ([, body, status]) => {
    await using server = await startTestServer()
    expect((await server.ask('POST', 'flags', { body })).status).toBe(status)
  })

  test('beyond the limit of a key are refused, but never a kill', async () => {
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '3' })
    await server.ask('POST', 'flags', { body: { key: 'a' } })
    const asked = await Promise.all([1, 2, 3].map(() => server.ask('GET', 'flags')))

    const refused = asked.find(({ status }) => status === 429)!
    expect(refused.body).toMatchObject({ code: 'RATE_LIMITED' })
    expect(refused.headers.get('retry-after')).toBeTruthy()
    const killed = await server.ask('POST', 'flags/a/kill', { body: { reason: 'now' } })
    expect(killed.status).toBe(200)
  })

  test('never show the key in a page or an error', async () => {
    await using server = await startTestServer()
    const answers = await Promise.all(
      ['/nothing', '/', '/openapi.json'].map((path) => server.ask('GET', path)),
    )
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(ADMIN_KEY)
  })
})
