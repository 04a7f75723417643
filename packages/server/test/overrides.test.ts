import { expect, onTestFinished, test, vi } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const HOUR_MS = 3_600_000
const later = (ms = HOUR_MS) => new Date(Date.now() + ms).toISOString()
const ON = { flag: 'new-checkout', variant: 'on' }
const KEY = { name: 'Ada', kind: 'override', scope: 'production', expiresAt: later(), override: ON }

/** A shop whose environment production allows overrides of a flag that browsers have. */
async function start(): Promise<TestServer> {
  const server = await startShopServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
  await server.ask('PATCH', 'environments/production', { body: { overrides: true } })
  return server
}

const create = (server: TestServer, more: object = {}) =>
  server.ask<{ id: string; secret: string }>('POST', 'keys', { body: { ...KEY, ...more } })

const request = (server: TestServer, key: string, secret: string) =>
  server.ask('POST', '/sdk/v1/override', { key, body: { secret } })

test('an override is permitted to the client keys of its scope', async () => {
  const server = await start()
  const { status, body } = await create(server)
  expect(status).toBe(201)
  expect(body).toMatchObject({ kind: 'override', override: ON, scope: 'production' })
  expect(body.secret).toMatch(/^fh_override_/)

  for (const scope of ['production', 'production/acme']) {
    const key = await server.makeKey('client', scope)
    const answer = await request(server, key, body.secret)
    expect(answer).toMatchObject({ status: 200, body: ON })
    expect(answer.body.expiresInMs).toBeGreaterThan(HOUR_MS - 60_000)
    expect(answer.body.expiresInMs).toBeLessThanOrEqual(HOUR_MS)
  }
})

test('an override is part of the log, without its secret', async () => {
  const server = await start()
  const { body } = await server.ask('POST', 'keys?reason=Review', { body: KEY })
  const { body: page } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
  expect(page.items[0]).toMatchObject({
    action: 'apiKey.create',
    reason: 'Review',
    edits: [{ kind: 'apiKey', after: { kind: 'override', override: ON } }],
  })
  expect(JSON.stringify(page)).not.toContain(body.secret)
})

test.for([
  ['whose scope is missing', { scope: undefined }, 400, /needs a "scope"/],
  ['of every scope', { scope: '*' }, 400, /needs a "scope"/],
  ['without an end', { expiresAt: undefined }, 400, /within 7 days/],
  ['of more than 7 days', { expiresAt: later(8 * 24 * HOUR_MS) }, 400, /within 7 days/],
  ['without a variant', { override: undefined }, 400, /needs the member "override"/],
  ['of another kind of key', { kind: 'client' }, 400, /no other kind has it/],
  ['of a flag that is missing', { override: { ...ON, flag: 'nope' } }, 404, /nope/],
  ['of a variant that is missing', { override: { ...ON, variant: 'blue' } }, 400, /"blue"/],
  ['of a flag that browsers lack', { override: { ...ON, flag: 'theme' } }, 400, /clientVisible/],
  ['where none is allowed', { scope: 'staging' }, 403, /"staging" does not allow overrides/],
] as const)('an override %s is not created', async ([, more, status, detail]) => {
  const server = await start()
  await server.ask('POST', 'flags', { body: { key: 'theme' } })
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  const answer = await create(server, more)
  expect(answer).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } })
})

test('an override is refused elsewhere, and once it has ended', async () => {
  const server = await start()
  const key = await server.makeKey('client', 'production')
  const { body: acme } = await create(server, { scope: 'production/acme' })
  const { body: revoked } = await create(server)
  await server.ask('DELETE', `keys/${revoked.id}`)
  const { body: good } = await create(server)
  const refusal = async (secret: string, by = key) => {
    const { status, body } = await request(server, by, secret)
    return `${status} ${body.code}: ${body.detail}`
  }

  expect(await refusal(acme.secret)).toBe(
    '403 OVERRIDE_REFUSED: The override is refused: Its key is bound to production/acme, and the client key to production.',
  )
  for (const secret of ['fh_override_forged', '', revoked.secret, key])
    expect(await refusal(secret)).toContain('unknown, was revoked or has expired')
  expect(await refusal(good.secret, await server.makeKey('server', 'production'))).toContain(
    'KEY_KIND_FORBIDDEN',
  )
  await server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: false } })
  expect(await refusal(good.secret)).toContain('no flag "new-checkout" with a variant "on"')
  await server.ask('PATCH', 'environments/production', { body: { overrides: false } })
  expect(await refusal(good.secret)).toContain('"production" does not allow overrides')
})

test('a key of an override opens nothing else', async () => {
  const server = await start()
  const { body } = await create(server)
  for (const path of ['/sdk/v1/ruleset', '/sdk/v1/stream', '/api/v1/projects/default/keys']) {
    const { status } = await server.ask('GET', path, { key: body.secret })
    expect(status).toBe(403)
  }
})

test('overrides that have ended are deleted with the next one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await start()
  await create(server)
  vi.setSystemTime(Date.now() + 2 * HOUR_MS)
  const { body: second } = await create(server, { expiresAt: later() })

  const { body } = await server.ask<{ items: { id: string; kind: string }[] }>('GET', 'keys')
  const overrides = body.items.filter(({ kind }) => kind === 'override')
  expect(overrides.map(({ id }) => id)).toEqual([second.id])
})
