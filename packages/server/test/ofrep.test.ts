import { LIMITS } from '@flaghoist/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEYS, type OfrepServer, startOfrep, visible } from './ofrep-server.ts'
import { BASE, on } from './shop.ts'

let server: OfrepServer
beforeAll(async () => {
  server = await startOfrep()
})
afterAll(() => server[Symbol.asyncDispose]())

const JSON_TYPE = 'application/json; charset=utf-8'

describe('POST /ofrep/v1/evaluate/flags/{key}', () => {
  test.for([
    {
      flag: 'new-checkout',
      context: {},
      expected: { value: true, variant: 'on', reason: 'DEFAULT' },
    },
    {
      flag: 'theme',
      context: { targetingKey: 'ada', plan: 'gold' },
      expected: {
        value: 'dark',
        variant: 'dark',
        reason: 'TARGETING_MATCH',
        metadata: { ruleId: 'gold-is-dark' },
      },
    },
    {
      flag: 'page-size',
      context: undefined,
      expected: { value: 50.5, variant: 'large', reason: 'STATIC' },
    },
    {
      flag: 'limits',
      context: {},
      expected: { value: { cart: { items: 9 } }, variant: 'v1', reason: 'STATIC' },
    },
    {
      flag: 'stopped',
      context: {},
      expected: {
        value: 'old',
        variant: 'old',
        reason: 'DISABLED',
        metadata: { reasonDetail: 'killed' },
      },
    },
    {
      flag: 'half',
      context: {},
      expected: {
        value: false,
        variant: 'off',
        reason: 'DEFAULT',
        metadata: { reasonDetail: 'bucket-key-missing' },
      },
    },
  ])('answers for $flag with $expected.reason', async ({ flag, context, expected }) => {
    const response = await server.post(`/${flag}`, { context })

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(JSON_TYPE)
    expect(await response.json()).toEqual({ key: flag, ...expected })
  })

  test.for([
    { by: 'an instance key', key: KEYS.acme, query: '', context: {}, value: false },
    { by: 'an environment key', key: KEYS.server, query: '', context: {}, value: true },
    {
      by: 'an environment key and the instance of the context',
      key: KEYS.server,
      query: '',
      context: { instance: 'acme' },
      value: false,
    },
    {
      by: 'an environment key and ?scope',
      key: KEYS.server,
      query: '?scope=production/acme',
      context: {},
      value: false,
    },
    {
      by: 'an environment key and ?instance',
      key: KEYS.server,
      query: '?instance=acme',
      context: {},
      value: false,
    },
    {
      by: 'a project key and ?scope',
      key: KEYS.project,
      query: '?scope=production%2Facme',
      context: {},
      value: false,
    },
    {
      by: 'an instance key, whatever the context claims',
      key: KEYS.acme,
      query: '',
      context: { instance: 'globex' },
      value: false,
    },
    {
      by: 'a client key, which cannot claim an instance by its context',
      key: KEYS.client,
      query: '',
      context: { instance: 'acme' },
      value: true,
    },
  ])('answers from the ruleset that is chosen by $by', async ({ key, query, context, value }) => {
    const response = await server.post(`/new-checkout${query}`, { key, context })

    expect(await response.json()).toMatchObject({ value })
  })

  test.for([
    {
      what: 'an unknown flag',
      path: '/nothing',
      options: {},
      status: 404,
      key: 'nothing',
      errorCode: 'FLAG_NOT_FOUND',
    },
    {
      what: 'a flag that clients do not see',
      path: '/page-size',
      options: { key: KEYS.client },
      status: 404,
      key: 'page-size',
      errorCode: 'FLAG_NOT_FOUND',
    },
    {
      what: 'a name that objects have',
      path: '/__proto__',
      options: {},
      status: 404,
      key: '__proto__',
      errorCode: 'FLAG_NOT_FOUND',
    },
    {
      what: 'a name that is escaped',
      path: '/caf%C3%A9%2Fbar',
      options: {},
      status: 404,
      key: 'café/bar',
      errorCode: 'FLAG_NOT_FOUND',
    },
    {
      what: 'a body that is not JSON',
      path: '/theme',
      options: { body: '{' },
      status: 400,
      key: 'theme',
      errorCode: 'PARSE_ERROR',
    },
    {
      what: 'a body that is a list',
      path: '/theme',
      options: { body: '[]' },
      status: 400,
      key: 'theme',
      errorCode: 'PARSE_ERROR',
    },
    {
      what: 'a context that is text',
      path: '/theme',
      options: { context: 'ada' },
      status: 400,
      key: 'theme',
      errorCode: 'INVALID_CONTEXT',
    },
    {
      what: 'a targeting key that is an object',
      path: '/theme',
      options: { context: { targetingKey: {} } },
      status: 400,
      key: 'theme',
      errorCode: 'TARGETING_KEY_MISSING',
    },
    {
      what: 'a context that is too large',
      path: '/theme',
      options: { context: { text: 'x'.repeat(LIMITS.contextBytes) } },
      status: 413,
      key: 'theme',
      errorCode: 'INVALID_CONTEXT',
    },
    {
      what: 'no key',
      path: '/theme',
      options: { key: '' },
      status: 401,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'an unknown key',
      path: '/theme',
      options: { key: 'fh_server_nobody' },
      status: 401,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'an admin key',
      path: '/theme',
      options: { key: KEYS.admin },
      status: 403,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'a server key in a browser',
      path: '/theme',
      options: { headers: { origin: 'https://shop.example' } },
      status: 403,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'a scope outside of the key',
      path: '/theme?scope=staging',
      options: {},
      status: 403,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'an instance outside of the key',
      path: '/theme?instance=globex',
      options: { key: KEYS.acme },
      status: 403,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'no scope where the key has none',
      path: '/theme',
      options: { key: KEYS.project },
      status: 400,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'a scope that does not exist',
      path: '/theme?scope=moon',
      options: { key: KEYS.project },
      status: 400,
      key: 'theme',
      errorCode: 'GENERAL',
    },
    {
      what: 'an invalid scope',
      path: '/theme?scope=production/acme/x',
      options: {},
      status: 400,
      key: 'theme',
      errorCode: 'GENERAL',
    },
  ])('refuses $what with $status', async ({ path, options, status, key, errorCode }) => {
    const response = await server.post(path, options)

    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe(JSON_TYPE)
    expect(await response.json()).toEqual({ key, errorCode, errorDetails: expect.any(String) })
  })

  test('names the headers for a key to a client without one', async () => {
    const response = await server.post('/theme', { key: '' })

    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  test('takes the key as X-API-Key too', async () => {
    const headers = { 'x-api-key': KEYS.acme }
    const response = await server.post('/new-checkout', { key: '', headers })

    expect(await response.json()).toMatchObject({ value: false })
  })

  test('takes a body of any media type, and none', async () => {
    const ask = (body?: string) =>
      fetch(`${server.url}/ofrep/v1/evaluate/flags/theme`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEYS.server}` },
        ...(body === undefined ? {} : { body }),
      })

    expect(await (await ask('{"context":{"plan":"gold"}}')).json()).toMatchObject({ value: 'dark' })
    expect(await (await ask()).json()).toMatchObject({ value: 'light' })
  })

  test('answers from the newest version at once', async () => {
    await server.commit(visible('fresh'), on('fresh', '*', BASE))
    expect(await (await server.post('/fresh')).json()).toMatchObject({ value: true })

    await server.commit(on('fresh', 'production', { on: false }))
    expect(await (await server.post('/fresh')).json()).toMatchObject({ value: false })
  })
})

describe('POST /ofrep/v1/evaluate/flags', () => {
  test('answers for every flag of the key, and names an event stream', async () => {
    const response = await server.post('', { key: KEYS.acme, context: { targetingKey: 'ada' } })
    const body = (await response.json()) as { flags: { key: string }[] }

    expect(response.status).toBe(200)
    expect(response.headers.get('etag')).toMatch(/^"[\w-]+"$/)
    expect(body.flags.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['half', 'limits', 'new-checkout', 'page-size', 'stopped', 'theme']),
    )
    expect(body.flags.find(({ key }) => key === 'new-checkout')).toEqual({
      key: 'new-checkout',
      value: false,
      reason: 'DISABLED',
      variant: 'off',
      metadata: { reasonDetail: 'off' },
    })
    expect(body).toMatchObject({
      eventStreams: [
        {
          type: 'sse',
          endpoint: { requestUri: expect.stringMatching(/^\/ofrep\/v1\/stream\?token=[\w.-]+$/) },
          inactivityDelaySec: 120,
        },
      ],
      metadata: { flagSetId: 'production/acme' },
    })
  })

  test('shows a client key only the flags that clients may see', async () => {
    const { flags } = (await (await server.post('', { key: KEYS.client })).json()) as {
      flags: { key: string }[]
    }

    expect(flags.map(({ key }) => key)).toContain('theme')
    expect(flags.map(({ key }) => key)).not.toContain('page-size')
  })

  test.for([
    { what: 'a context that is a list', options: { context: [] }, errorCode: 'INVALID_CONTEXT' },
    { what: 'a body that is not JSON', options: { body: 'x' }, errorCode: 'PARSE_ERROR' },
    { what: 'a key without a scope', options: { key: KEYS.project }, errorCode: 'GENERAL' },
  ])('refuses $what without naming a flag', async ({ options, errorCode }) => {
    const response = await server.post('', options)

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ errorCode, errorDetails: expect.any(String) })
  })

  describe('given an ETag', () => {
    const context = { targetingKey: 'ada', plan: 'free', tags: { a: 1, b: 2 } }
    const etagOf = async () => (await server.post('', { context })).headers.get('etag')!
    const ask = (etag: string, asked: unknown = context, query = '') =>
      server.post(query, { context: asked, headers: { 'if-none-match': etag } })

    test.for([
      { form: 'as it was', header: (etag: string) => etag },
      { form: 'among others', header: (etag: string) => `"x", ${etag}` },
      { form: 'weakened by a proxy', header: (etag: string) => `W/${etag}` },
    ])('answers 304 without a body for an ETag $form', async ({ header }) => {
      const etag = await etagOf()
      const response = await ask(header(etag))

      expect(response.status).toBe(304)
      expect(response.headers.get('etag')).toBe(etag)
      expect(await response.text()).toBe('')
    })

    test('answers 304 for the same context in another order', async () => {
      const other = { tags: { b: 2, a: 1 }, plan: 'free', targetingKey: 'ada' }

      expect((await ask(await etagOf(), other)).status).toBe(304)
    })

    test('answers anew for another context of the same targeting key', async () => {
      const response = await ask(await etagOf(), { ...context, plan: 'gold' })

      expect(response.status).toBe(200)
      expect(await response.text()).toContain('"value":"dark"')
    })

    test('answers anew when a flag has changed, and 304 when only others see the change', async () => {
      const etag = await etagOf()

      await server.commit(on('theme', 'staging', { on: false }))
      expect((await ask(etag)).status).toBe(304)
      await server.commit(on('theme', 'production', { on: false }))
      expect((await ask(etag)).status).toBe(200)
      await server.commit(on('theme', 'production', null))
    })

    test('answers anew before the URL of the event stream runs out', async () => {
      const etag = await etagOf()

      server.advance(5 * 60_000)

      expect((await ask(etag)).status).toBe(200)
    })

    test('answers anew when an answer depends on the time', async () => {
      await using timed = await startOfrep()
      const values = ['2026-11-20T08:01:00Z']
      const started = { attribute: '$now', op: 'after' as const, values }
      await timed.commit(
        visible('sale'),
        on('sale', '*', {
          on: true,
          off: 'off',
          rules: [{ id: 'started', when: [[started]], serve: { variant: 'on' } }],
          fallthrough: { variant: 'off' },
        }),
      )
      const etag = (await timed.post('')).headers.get('etag')!
      const again = () => timed.post('', { headers: { 'if-none-match': etag } })

      timed.advance(59_000)
      expect((await again()).status).toBe(304)
      timed.advance(2_000)
      expect((await again()).status).toBe(200)
    })
  })

  describe('given the flagConfigEtag of an event', () => {
    const cursor = (ahead: number) => {
      const { epoch, state, hashAt } = server.projects.get('shop')
      const version = state.version + ahead
      return `${epoch}.${version}.${hashAt(version) ?? '5d41402abc4b2a76'}`
    }
    const query = (etag: string) => `?flagConfigEtag=${encodeURIComponent(etag)}`

    test('answers 304 for the current version and a known ETag', async () => {
      const etag = (await server.post('')).headers.get('etag')!
      const headers = { 'if-none-match': etag }

      expect((await server.post(query(cursor(0)), { headers })).status).toBe(304)
    })

    test.for([
      { named: 'an older version', etag: () => cursor(-1) },
      { named: 'a version of another log', etag: () => 'other.99999' },
    ])('answers in full for $named, whatever ETag is known', async ({ etag }) => {
      const known = (await server.post('')).headers.get('etag')!
      const headers = { 'if-none-match': known }

      expect((await server.post(query(etag()), { headers })).status).toBe(200)
    })

    test('answers at once for a version that a restored backup has lost', async () => {
      const response = await server.post(`/theme${query(cursor(1_000))}`)

      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ key: 'theme', value: 'light' })
    })
  })
})

describe('OFREP routes', () => {
  test.for([
    { request: 'GET of a POST route', path: 'evaluate/flags', status: 405 },
    { request: 'an unknown path', path: 'evaluate', status: 404 },
  ])('answer $request in the words of OFREP', async ({ path, status }) => {
    const response = await fetch(`${server.url}/ofrep/v1/${path}`)

    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({
      errorCode: 'GENERAL',
      errorDetails: expect.any(String),
    })
  })

  test('let a browser send what the web provider sends, and read what it needs', async () => {
    const origin = 'https://shop.example'
    const preflight = await fetch(`${server.url}/ofrep/v1/evaluate/flags`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,if-none-match,x-api-key',
      },
    })
    const response = await server.post('', { key: KEYS.client, headers: { origin } })

    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('if-none-match')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toBe('ETag, Retry-After')
  })

  test('show errors to browsers as well', async () => {
    const headers = { origin: 'https://shop.example' }
    const response = await server.post('', { key: '', headers })

    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('let only the origins of the configuration read answers', async () => {
    await using strict = await startOfrep({ FLAGHOIST_CORS_ORIGINS: 'https://a.example' })
    const allow = async (origin: string) => {
      const response = await strict.post('', { key: KEYS.client, headers: { origin } })
      return response.headers.get('access-control-allow-origin')
    }

    expect(await allow('https://a.example')).toBe('https://a.example')
    expect(await allow('https://b.example')).not.toBe('https://b.example')
  })

  test('answer 429 with Retry-After beyond the limit of a key, however the key is sent', async () => {
    await using small = await startOfrep({ FLAGHOIST_RATE_LIMIT: '2' })
    await small.post('/theme')
    await small.post('/theme', { key: '', headers: { 'x-api-key': KEYS.server } })
    const limited = await small.post('/theme')
    const other = await small.post('/theme', { key: KEYS.acme })

    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await limited.json()).toMatchObject({ key: 'theme', errorCode: 'GENERAL' })
    expect(other.status).toBe(200)
  })
})
