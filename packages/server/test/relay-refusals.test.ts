import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'
import { startTestRelay } from './relay-server.ts'
import { openStream, startRelayOf } from './relayed-shop.ts'
import { folder } from './server-process.ts'

/** The requests that SDKs and OpenFeature providers send, and an invalid one. */
const REQUESTS = [
  ['GET', '/sdk/v1/ruleset'],
  ['GET', '/sdk/v1/stream'],
  ['POST', '/sdk/v1/events', { sdk: { id: 'a', name: 'test/1' } }],
  ['POST', '/sdk/v1/events', { sdk: 'invalid' }],
  ['POST', '/sdk/v1/override', { secret: 'fh_override_none' }],
  ['POST', '/ofrep/v1/evaluate/flags', { context: {} }],
  ['POST', '/ofrep/v1/evaluate/flags/new-checkout', { context: {} }],
] as const

/** A key that the upstream refuses, and the part of the query that it refuses it for. */
interface Refused {
  readonly name: string
  readonly secret: string
  readonly query?: string
}

/** Returns the responses to all requests, without the ids of the requests. */
function responsesOf(url: string, { secret, query = '' }: Refused) {
  return Promise.all(
    REQUESTS.map(async ([method, path, body]) => {
      const response = await fetch(url + path + query, {
        method,
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = (await response.text()).replace(/"requestId":"[^"]*"/, '')
      const type = response.headers.get('content-type')
      return [path, response.status, type, response.headers.get('www-authenticate'), text]
    }),
  )
}

interface MadeKey {
  readonly id: string
  readonly secret: string
}

/** Makes keys that the server accepts, and functions that end them. */
async function makeKeys(server: TestServer) {
  const make = async (kind: string, scope?: string) => {
    const body = { name: 'key', kind, ...(scope && { scope }) }
    return (await server.ask<MadeKey>('POST', 'keys', { body })).body
  }
  const keys = {
    server: await make('server', 'production'),
    client: await make('client', 'production/acme'),
    globex: await make('client', 'production/globex'),
    project: await make('server'),
  }
  const end = async () => {
    for (const { id } of [keys.server, keys.client]) await server.ask('DELETE', `keys/${id}`)
    const body = { status: 'retired' }
    const retired = await server.ask('PATCH', 'instances/globex', { body })
    expect(retired.status).toBe(200)
  }
  const refused: readonly Refused[] = [
    { name: 'revoked', secret: keys.server.secret },
    { name: 'revoked, for an instance', secret: keys.server.secret, query: '?instance=acme' },
    { name: 'revoked, of browsers', secret: keys.client.secret },
    { name: 'of a retired instance', secret: keys.globex.secret },
    { name: 'without a scope', secret: keys.project.secret },
  ]
  return { secrets: Object.values(keys).map(({ secret }) => secret), end, refused }
}

describe('a relay refuses as its upstream, on every route,', () => {
  test('revoked keys and keys of other scopes, also without the upstream and after a restart', {
    timeout: 60_000,
  }, async () => {
    const dataDir = folder()
    const server = await startShopServer()
    const { secrets, end, refused } = await makeKeys(server)
    const settings = { FLAGHOIST_DATA_DIR: dataDir }
    const before = await startTestRelay(server.url, secrets, settings)
    const stream = await openStream(before.url, secrets[0]!)
    await stream.until('the ruleset', () => stream.ruleset !== undefined)
    await end()
    const known = await Promise.all(refused.map((key) => responsesOf(server.url, key)))
    expect(new Set(known.flat().map(([, status]) => status))).toEqual(new Set([400, 401, 403]))
    const relayed = (url: string) => Promise.all(refused.map((key) => responsesOf(url, key)))

    await expect.poll(() => relayed(before.url), { timeout: 20_000 }).toEqual(known)
    await expect.poll(() => stream.isClosed).toBe(true)
    await server[Symbol.asyncDispose]()
    expect(await relayed(before.url)).toEqual(known)
    await before[Symbol.asyncDispose]()

    const after = await startRelayOf(server.url, secrets, settings)
    await expect.poll(() => relayed(after.url), { timeout: 20_000 }).toEqual(known)
  })

  test('scopes outside a key, also without the upstream', async () => {
    const server = await startShopServer()
    const secret = await server.makeKey('client', 'production/acme')
    const relay = await startRelayOf(server.url, [secret])
    const refused = ['?instance=globex', '?scope=staging', '?scope=*'].map((query) => ({
      name: query,
      secret,
      query,
    }))
    const known = await Promise.all(refused.map((key) => responsesOf(server.url, key)))
    expect(await Promise.all(refused.map((key) => responsesOf(relay.url, key)))).toEqual(known)
    await server[Symbol.asyncDispose]()
    expect(await Promise.all(refused.map((key) => responsesOf(relay.url, key)))).toEqual(known)
  })

  test('scopes that do not exist, while it reaches the upstream', async () => {
    const server = await startShopServer()
    const secret = await server.makeKey('server', 'production')
    const relay = await startRelayOf(server.url, [secret])
    const refused = { name: 'nowhere', secret, query: '?instance=nowhere' }
    expect(await responsesOf(relay.url, refused)).toEqual(await responsesOf(server.url, refused))
    await server[Symbol.asyncDispose]()
  })
})

test('a relay serves a key again once its upstream does', { timeout: 150_000 }, async () => {
  const server = await startShopServer()
  const secret = await server.makeKey('client', 'production/acme')
  const settings = { FLAGHOIST_DATA_DIR: folder() }
  const before = await startTestRelay(server.url, [secret], settings)
  const codeOf = async (url: string) => {
    const headers = { authorization: `Bearer ${secret}` }
    const response = await fetch(`${url}/sdk/v1/ruleset`, { headers })
    return ((await response.json()) as { code?: string }).code ?? 'served'
  }
  const setStatus = (status: string) => server.ask('PATCH', 'instances/acme', { body: { status } })
  expect(await codeOf(before.url)).toBe('served')
  await setStatus('retired')
  await expect.poll(() => codeOf(before.url), { timeout: 20_000 }).toBe('INSTANCE_RETIRED')
  await before[Symbol.asyncDispose]()
  await setStatus('active')

  const after = await startTestRelay(server.url, [secret], settings)
  await expect.poll(() => codeOf(after.url)).toBe('served')
  await after[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  const alone = await startRelayOf(server.url, [secret], settings)
  expect(await codeOf(alone.url)).toBe('served')
})
