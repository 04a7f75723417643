import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createMemory, createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { ADMIN_KEY, type Answer, startTestServer, type TestServer } from './http-server.ts'
import { type Identity, signIn } from './sign-in.ts'

interface Session {
  readonly person?: string
}

/** A page in a browser: it sends its cookie, and the CSRF token with it. */
interface Page {
  readonly identity: Identity
  /** Sends a request as the page does. */
  ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly server?: TestServer },
  ): Promise<Answer<T>>
  readonly cookie: string
}

async function startServer(settings: Readonly<Record<string, string>> = {}) {
  const server = await startTestServer(settings)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

async function openPage(server: TestServer, key = ADMIN_KEY, person?: string): Promise<Page> {
  const { identity, headers } = await signIn(server.url, key, person)
  const ask: Page['ask'] = (method, path, { body, server: other = server } = {}) =>
    other.ask(method, path, { key: null, body, headers })
  return { identity, cookie: headers.cookie, ask }
}

const ENDED = { status: 401, body: { code: 'SESSION_ENDED' } }

describe('a sign-in', () => {
  test('exchanges an admin key for a cookie that scripts cannot read', async () => {
    const { ask } = await startServer()
    const answer = await ask('POST', '/api/v1/session', {
      key: null,
      body: { key: ADMIN_KEY, person: 'Ada' },
    })

    expect(answer.headers.get('set-cookie')).toMatch(
      /^flaghoist_session=session-[0-9a-f]{12}\.[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({
      key: { id: expect.any(String), name: 'FLAGHOIST_ADMIN_KEY', kind: 'admin', project: '*' },
      projects: [{ key: 'default', name: 'default', version: expect.any(Number) }],
      session: expect.objectContaining({ person: 'Ada', isCurrent: true }),
      csrfToken: expect.any(String),
    })
  })

  test('is secure behind a proxy for HTTPS', async () => {
    const { ask } = await startServer()
    const answer = await ask('POST', '/api/v1/session', {
      key: null,
      body: { key: ADMIN_KEY },
      headers: { 'x-forwarded-proto': 'https' },
    })

    expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/; .*; Secure$/)
  })

  test('is refused for an unknown key and for a key of an SDK', async () => {
    const { ask, makeKey } = await startServer()
    const attempt = (key: string) => ask('POST', '/api/v1/session', { key: null, body: { key } })

    expect(await attempt('fh_admin_x')).toMatchObject({
      status: 401,
      body: { code: 'KEY_UNKNOWN' },
    })
    expect(await attempt(await makeKey('server'))).toMatchObject({
      status: 403,
      body: { code: 'KEY_KIND_FORBIDDEN' },
    })
  })

  test('counts for the limit of its address', async () => {
    const { ask } = await startServer({ FLAGHOIST_RATE_LIMIT: '3' })
    const attempt = async () => {
      const answer = await ask('POST', '/api/v1/session', { key: null, body: { key: 'guess' } })
      return answer.status
    }

    expect([await attempt(), await attempt(), await attempt(), await attempt()]).toEqual([
      401, 401, 401, 429,
    ])
  })
})

describe('a session', () => {
  test('has the rights of its key, and no more', async () => {
    const server = await startServer()
    await server.ask('POST', 'instances', { body: { key: 'acme' } })
    const page = await openPage(server, await server.makeKey('admin', 'production/acme'))

    expect(page.identity).toMatchObject({ key: { scope: 'production/acme' } })
    expect(await page.ask('GET', 'flags')).toMatchObject({ status: 200 })
    expect(await page.ask('POST', 'environments', { body: { key: 'qa' } })).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_FORBIDDEN' },
    })
    expect(await page.ask('GET', 'keys')).toMatchObject({ status: 403 })
  })

  test('is no key of an SDK, and the key of a request comes before it', async () => {
    const server = await startServer()
    const { cookie } = await openPage(server)

    const ofSdk = await server.ask('GET', '/sdk/v1/ruleset', { key: null, headers: { cookie } })
    expect(ofSdk).toMatchObject({ status: 401, body: { code: 'KEY_MISSING' } })
    const withKey = await server.ask('GET', 'flags', { key: 'wrong', headers: { cookie } })
    expect(withKey).toMatchObject({ status: 401, body: { code: 'KEY_UNKNOWN' } })
  })

  test('writes with its CSRF token only', async () => {
    const server = await startServer()
    const page = await openPage(server)
    const write = (headers: Record<string, string>) =>
      server.ask('POST', 'environments', {
        key: null,
        body: { key: 'qa' },
        headers: { cookie: page.cookie, ...headers },
      })

    const REFUSED = { status: 403, body: { code: 'CSRF_TOKEN_REQUIRED' } }
    expect(await write({})).toMatchObject(REFUSED)
    const { csrfToken: other } = (await openPage(server)).identity
    expect(await write({ 'flaghoist-csrf': other })).toMatchObject(REFUSED)
    const { body } = await page.ask<Identity>('GET', '/api/v1/session')
    expect(await write({ 'flaghoist-csrf': body.csrfToken })).toMatchObject({ status: 201 })
  })

  test('names its person in the change log, beside the key', async () => {
    const server = await startServer()
    const page = await openPage(server, ADMIN_KEY, 'Ada')
    await page.ask('POST', 'flags', { body: { key: 'new-checkout' } })
    await page.ask('POST', 'flags/new-checkout/kill', { body: { scopes: ['production'] } })
    await server.ask('POST', 'flags', { body: { key: 'theme' } })

    const { body } = await server.ask('GET', 'changes?actor=Ada')
    const actor = { kind: 'key', id: page.identity.key.id, name: 'FLAGHOIST_ADMIN_KEY' }
    expect(body).toMatchObject({
      items: [
        { action: 'flag.kill', actor: { ...actor, person: 'Ada' } },
        { action: 'flag.create', actor: { ...actor, person: 'Ada' } },
      ],
    })
    const { body: layer } = await server.ask('GET', 'flags/new-checkout/layers/production')
    expect(layer).toMatchObject({ killed: { by: 'Ada (FLAGHOIST_ADMIN_KEY)' } })
  })

  test('ends with its key, at once on every server', async () => {
    const memory = createMemory()
    const server = await startTestServer({}, createMemoryStores(memory))
    const other = await startTestServer({}, createMemoryStores(memory))
    for (const one of [server, other]) onTestFinished(() => one[Symbol.asyncDispose]())
    const page = await openPage(server, await server.makeKey('admin'))
    expect(await page.ask('GET', 'flags', { server: other })).toMatchObject({ status: 200 })

    await server.ask('DELETE', `keys/${page.identity.key.id}`)

    expect(await page.ask('GET', 'flags')).toMatchObject(ENDED)
    await expect.poll(() => page.ask('GET', 'flags', { server: other })).toMatchObject(ENDED)
    expect(await server.ask('GET', '/api/v1/sessions')).toMatchObject({ body: { items: [] } })
  })

  test('ends by a sign-out, on every server', async () => {
    const memory = createMemory()
    const server = await startTestServer({}, createMemoryStores(memory))
    const other = await startTestServer({}, createMemoryStores(memory))
    for (const one of [server, other]) onTestFinished(() => one[Symbol.asyncDispose]())
    const page = await openPage(server)

    const answer = await page.ask('DELETE', '/api/v1/session', { server: other })
    expect(answer.body).toEqual({ signedOut: true })
    expect(answer.headers.get('set-cookie')).toMatch(/^flaghoist_session=; Path=\/; Max-Age=0; /)
    expect(await page.ask('GET', '/api/v1/session')).toMatchObject(ENDED)
    expect(await page.ask('GET', 'flags', { server: other })).toMatchObject(ENDED)
  })

  test('rests while the instance of its key is retired', async () => {
    const server = await startServer()
    await server.ask('POST', 'instances', { body: { key: 'acme' } })
    const page = await openPage(server, await server.makeKey('admin', 'production/acme'))
    await server.ask('PATCH', 'instances/acme', { body: { status: 'retired' } })

    expect(await page.ask('GET', 'flags')).toMatchObject({ body: { code: 'INSTANCE_RETIRED' } })
  })

  test('ends after an hour without use, and after 12 hours in any case', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const server = await startServer()
    const [idle, used] = [await openPage(server), await openPage(server)]
    const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000)

    pass(59)
    expect(await used.ask('GET', 'flags')).toMatchObject({ status: 200 })
    pass(2)
    expect(await idle.ask('GET', 'flags')).toMatchObject(ENDED)
    for (let minutes = 61; minutes < 719; minutes += 50) {
      expect(await used.ask('GET', 'flags')).toMatchObject({ status: 200 })
      pass(50)
    }
    expect(await used.ask('GET', 'flags')).toMatchObject(ENDED)
  })

  test('cannot be guessed from its id', async () => {
    const server = await startServer()
    const { cookie } = await openPage(server)
    const forged = `${cookie.split('.')[0]}.${'A'.repeat(43)}`

    const answer = await server.ask('GET', 'flags', { key: null, headers: { cookie: forged } })
    expect(answer).toMatchObject(ENDED)
  })
})

describe('the list of sessions', () => {
  test('shows those of the keys that the caller may manage', async () => {
    const server = await startServer()
    await server.ask('POST', '/api/v1/projects', { body: { key: 'bank' } })
    const made = await server.ask<{ secret: string }>('POST', '/api/v1/projects/bank/keys', {
      body: { name: 'Bank', kind: 'admin' },
    })
    const pages = {
      all: await openPage(server, ADMIN_KEY, 'all'),
      project: await openPage(server, await server.makeKey('admin'), 'project'),
      bound: await openPage(server, await server.makeKey('admin', 'production'), 'bound'),
      bank: await openPage(server, made.body.secret, 'bank'),
    }
    const seenBy = async (page: Page) => {
      const { body } = await page.ask<{ items: Session[] }>('GET', '/api/v1/sessions')
      return body.items.map(({ person }) => person)
    }

    expect(await seenBy(pages.all)).toEqual(['all', 'project', 'bound', 'bank'])
    expect(await seenBy(pages.project)).toEqual(['project', 'bound'])
    expect(await seenBy(pages.bound)).toEqual(['bound'])
    expect(await seenBy(pages.bank)).toEqual(['bank'])

    const end = (by: Page, { identity }: Page) =>
      by.ask('DELETE', `/api/v1/sessions/${identity.session.id}`)
    expect(await end(pages.bound, pages.project)).toMatchObject({ status: 404 })
    expect(await end(pages.project, pages.bank)).toMatchObject({ status: 404 })
    expect(await end(pages.project, pages.bound)).toMatchObject({
      status: 200,
      body: { person: 'bound', isCurrent: false },
    })
    expect(await pages.bound.ask('GET', 'flags')).toMatchObject(ENDED)
    expect(await seenBy(pages.project)).toEqual(['project'])
  })
})

test('a key learns its identity without a session', async () => {
  const { ask, makeKey } = await startServer()
  const { body } = await ask('GET', '/api/v1/session', { key: await makeKey('admin') })

  expect(body).toEqual({
    key: expect.objectContaining({ name: 'admin', kind: 'admin', project: 'default' }),
    projects: [{ key: 'default', name: 'default', version: expect.any(Number) }],
  })
})
