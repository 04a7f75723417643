import { loadConfig } from '../src/config.ts'
import { type RunningServer, startServer } from '../src/start.ts'
import type { Stores } from '../src/stores/stores.ts'
import { expectDeclared } from './declared-answers.ts'
import { FRESH, startRelayFront } from './relay-server.ts'

export const ADMIN_KEY = 'fh_admin_for-tests-only-0000000000'

/** An answer, read whole. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Ask {
  readonly key?: string | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * With `FLAGHOIST_TEST_RELAY=1`, the clients of a test server reach it through a relay, so that the
 * suites of the SDKs are those of the relay as well.
 */
const IS_RELAYED = process.env.FLAGHOIST_TEST_RELAY === '1'

/** A real server on a free port, with a project `default`. */
export interface TestServer extends AsyncDisposable {
  /** Address for clients. */
  readonly url: string
  /** Sends a request to the admin API of the project, or to any path that starts with `/`. */
  ask<T = Record<string, unknown>>(method: string, path: string, options?: Ask): Promise<Answer<T>>
  /** Creates an API key and returns its secret. */
  makeKey(kind: 'admin' | 'server' | 'client', scope?: string): Promise<string>
  readonly server: RunningServer
}

/** Returns the settings that a relay in front of a server needs as well. */
function clientSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['FLAGHOIST_HEARTBEAT_MS', 'FLAGHOIST_CORS_ORIGINS', 'FLAGHOIST_RATE_LIMIT']
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)))
}

export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  stores?: Stores,
): Promise<TestServer> {
  const config = loadConfig({
    FLAGHOIST_PORT: '0',
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    ...settings,
  })
  const server = await startServer(config, stores)
  const front = IS_RELAYED ? await startRelayFront(server.url, clientSettings(settings)) : undefined
  const urlOf = (path: string) =>
    front !== undefined && /^\/(sdk|ofrep)\//.test(path) ? front.url : server.url
  const ask: TestServer['ask'] = async (method, path, { key = ADMIN_KEY, body, headers } = {}) => {
    const target = path.startsWith('/') ? path : `/api/v1/projects/default/${path}`
    if (target.startsWith('/api/')) await front?.forwarded()
    const response = await fetch(urlOf(target) + target, {
      method,
      headers: {
        ...(front && FRESH),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    await expectDeclared(server.url, { method, path: target, status: response.status })
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    }
  }

  return {
    url: front?.url ?? server.url,
    server,
    ask,
    async makeKey(kind, scope) {
      const body = { name: `${kind} ${scope ?? ''}`.trim(), kind, ...(scope && { scope }) }
      const { body: made } = await ask<{ secret: string }>('POST', 'keys', { body })
      if (kind !== 'admin') await front?.addKey(made.secret)
      return made.secret
    },
    async [Symbol.asyncDispose]() {
      await front?.[Symbol.asyncDispose]()
      await server.close()
    },
  }
}

/** A server with two instances and the flag `new-checkout`, on for acme. */
export async function startShopServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const server = await startTestServer(settings)
  await server.ask('POST', 'instances', { body: { key: 'acme', tags: { region: 'eu' } } })
  await server.ask('POST', 'instances', { body: { key: 'globex', tags: { region: 'us' } } })
  await server.ask('POST', 'flags', { body: { key: 'new-checkout', tags: { team: 'shop' } } })
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: { on: true } })
  return server
}
