import { describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer, type TestServer } from './http-server.ts'

const SHOP = 'https://shop.example'
const PATHS = ['/sdk/v1/ruleset', '/sdk/v1/stream', '/sdk/v1/events'] as const

async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const server = await startTestServer(settings)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** Asks as a browser on the page of an origin does; only the head is read. */
async function head(url: string, init: RequestInit): Promise<Response> {
  const stop = new AbortController()
  const response = await fetch(url, { ...init, signal: stop.signal })
  stop.abort()
  return response
}

const preflight = (origin: string, method = 'GET'): RequestInit => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers':
      'authorization,content-encoding,content-type,flaghoist-sdk,flaghoist-sdk-id,if-none-match',
  },
})

describe('a browser on another origin', () => {
  test.for(PATHS)('is let in to %s, and asks only once in two hours', async (path) => {
    const { url } = await startServer()

    const { status, headers } = await head(url + path, preflight(SHOP, 'POST'))

    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    expect(headers.get('access-control-allow-headers')).toMatch(
      /authorization.*content-encoding.*content-type.*flaghoist-sdk.*if-none-match/,
    )
    expect(headers.get('access-control-max-age')).toBe('7200')
  })

  test.for(PATHS.slice(0, 2))('reads the answer of %s and its ETag', async (path) => {
    const server = await startServer()
    const key = await server.makeKey('client', 'production')

    const { status, headers } = await head(server.url + path, {
      headers: { origin: SHOP, authorization: `Bearer ${key}` },
    })

    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('ETag, Retry-After')
  })

  test('reads why it is refused, and when to come back', async () => {
    const server = await startServer({ FLAGHOIST_RATE_LIMIT: '1' })
    const key = await server.makeKey('client', 'production')
    const ask = (secret: string) =>
      head(`${server.url}/sdk/v1/ruleset`, {
        headers: { origin: SHOP, authorization: `Bearer ${secret}` },
      })

    const refusals = [await ask('unknown'), await ask(key), await ask(key)]

    expect(refusals.map(({ status }) => status)).toEqual([401, 200, 429])
    for (const { headers } of refusals) expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(Number(refusals[2]!.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('a server with allowed origins', () => {
  const settings = { FLAGHOIST_CORS_ORIGINS: `${SHOP}, https://admin.example` }

  test.for([
    ['allows an origin of its list', SHOP, SHOP],
    ['sends no header to another origin', 'https://evil.example', null],
  ] as const)('%s', async ([, origin, expected]) => {
    const server = await startServer(settings)
    const key = await server.makeKey('client', 'production')
    const authorization = `Bearer ${key}`

    const answers = [
      await head(`${server.url}/sdk/v1/stream`, preflight(origin)),
      await head(`${server.url}/sdk/v1/stream`, { headers: { origin, authorization } }),
      await head(`${server.url}/sdk/v1/ruleset`, { headers: { origin, authorization } }),
    ]

    for (const { headers } of answers)
      expect(headers.get('access-control-allow-origin')).toBe(expected)
    // A cache on the way must not hand one origin's answer to another.
    expect(answers[2]!.headers.get('vary')).toContain('Origin')
  })
})
