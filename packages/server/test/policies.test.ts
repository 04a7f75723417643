import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const flag = 'flags/new-checkout'
const acme = `${flag}/layers/production/acme`
const because = '?reason=Pilot%20starts'

/** A shop server with a setting of one entity changed. */
async function given(path: string, body: object): Promise<TestServer> {
  const server = await startShopServer()
  const { status } = await server.ask('PATCH', path, { body })
  expect(status).toBe(200)
  return server
}

const expecting = async (server: TestServer, path: string) => {
  const { headers } = await server.ask('GET', path)
  return { 'if-match': headers.get('etag') ?? '"0"' }
}

describe('a protected environment', () => {
  const protect = () => given('environments/production', { protected: true })

  test.for([
    ['PATCH', acme, { on: false }],
    ['PUT', `${flag}/layers/production`, { on: true }],
    ['PUT', `${flag}/layers/*`, { on: true, off: 'off', fallthrough: { variant: 'on' } }],
    ['DELETE', acme, undefined],
    ['DELETE', flag, undefined],
    ['PATCH', flag, { clientVisible: true }],
    ['PATCH', 'environments/production', { protected: false }],
    ['PATCH', 'instances/acme', { status: 'retired' }],
  ] as const)('refuses %s %s without If-Match and a reason', async ([method, path, body]) => {
    await using server = await protect()
    const { 'if-match': read } = await expecting(server, path)
    const ask = (query: string, headers = {}) =>
      server.ask(method, `${path}${query}`, { headers, ...(body && { body }) })

    for (const [query, headers, missing] of [
      ['', {}, 'an If-Match header and a reason'],
      [because, {}, 'an If-Match header'],
      [because, { 'if-match': '*' }, 'an If-Match header'],
      ['', { 'if-match': read }, 'a reason'],
    ] as const)
      expect(await ask(query, headers)).toMatchObject({
        status: 428,
        body: {
          code: 'ENVIRONMENT_PROTECTED',
          detail: `The environment "production" is protected: the write needs ${missing}.`,
        },
      })
    expect(await ask(because, { 'if-match': read })).toMatchObject({ status: 200 })
  })

  test.for([
    ['POST', 'flags', { key: 'search' }],
    ['PATCH', flag, { description: 'New' }],
    ['PUT', `${flag}/layers/staging`, { on: true }],
    ['PATCH', 'instances/acme', { name: 'Acme' }],
    ['POST', 'keys', { name: 'CI', kind: 'server' }],
    ['POST', `${flag}/kill`, {}],
    ['POST', 'kill', { flagTags: { team: 'shop' } }],
  ] as const)('accepts %s %s, which affects nobody there or is a kill', async (request) => {
    await using server = await protect()
    await server.ask('POST', 'environments', { body: { key: 'staging' } })
    const [method, path, body] = request

    expect((await server.ask(method, path, { body })).status).toBeLessThan(300)
  })

  test('accepts a restore', async () => {
    await using server = await protect()
    await server.ask('POST', `${flag}/kill`)

    expect(await server.ask('POST', `${flag}/restore`)).toMatchObject({ status: 200 })
  })

  test('refuses a preview where it refuses the write', async () => {
    await using server = await protect()
    const body = { scope: 'production/acme', layer: { on: false } }

    expect(await server.ask('POST', `${flag}/preview`, { body })).toMatchObject({ status: 428 })
    const headers = await expecting(server, acme)
    expect(await server.ask('POST', `${flag}/preview${because}`, { body, headers })).toMatchObject({
      status: 200,
    })
  })

  test.for([
    ['POST', `${flag}/preview`, { scope: 'production', layer: { on: true } }, undefined],
    [
      'POST',
      `${flag}/layers/preview`,
      { scopes: ['production/acme', 'production/globex'], layer: { on: false } },
      ['PATCH', `${flag}/layers`],
    ],
    [
      'POST',
      'edits',
      { edits: [{ flag: 'new-checkout', scope: 'production', layer: { on: true } }] },
    ],
    ['PATCH', flag, { prerequisites: [{ flag: 'search', variants: ['on'] }] }],
    ['POST', 'rollouts/r1/advance', {}],
  ] as const)(
    'names in the refusal of the preview %s %s the version that it demands',
    async ([method, path, body, write = [method, path]]) => {
      await using server = await startShopServer()
      await server.ask('POST', 'flags', { body: { key: 'search' } })
      const start = { key: 'r1', flag: 'search', environment: 'production', plan: 'standard' }
      expect((await server.ask('POST', 'rollouts', { body: start })).status).toBe(201)
      // The engine then leaves the run unchanged.
      await expect
        .poll(async () => JSON.stringify((await server.ask('GET', 'rollouts/r1')).body))
        .toContain('No SDK is connected')
      await server.ask('PATCH', 'environments/production', { body: { protected: true } })
      const dry = path.endsWith('preview') ? because : `${because}&dryRun=true`

      const refused = await server.ask(method, `${path}${dry}`, { body })
      expect(refused).toMatchObject({ status: 428 })
      const headers = { 'if-match': refused.headers.get('etag')! }
      const preview = await server.ask(method, `${path}${dry}`, { body, headers })
      expect(preview).toMatchObject({ status: 200 })
      expect(preview.headers.get('etag')).toBe(headers['if-match'])
      if (path === `${flag}/preview`) return
      const stored = await server.ask(write[0], `${write[1]}${because}`, { body, headers })
      expect(stored.status).toBeLessThan(300)
      expect(await server.ask(write[0], `${write[1]}${because}`, { body, headers })).toMatchObject({
        status: 409,
      })
    },
  )

  test('accepts a revert and an import with the version that they are based on', async () => {
    await using server = await protect()
    const headers = await expecting(server, acme)
    const { body: log } = await server.ask<{ items: { seq: number }[] }>(
      'GET',
      'changes?action=layer.set',
    )
    const revert = `changes/${log.items[0]!.seq}/revert`
    expect(await server.ask('POST', revert)).toMatchObject({ status: 428 })
    expect(await server.ask('POST', `${revert}${because}`, { headers })).toMatchObject({
      status: 200,
    })

    const { body: file, headers: exported } = await server.ask('GET', 'export')
    const [one] = file.flags as { layers: object }[]
    Object.assign(one!.layers, { production: { on: true } })
    expect(await server.ask('POST', 'import', { body: file })).toMatchObject({ status: 428 })
    expect(
      await server.ask('POST', `import${because}`, {
        body: file,
        headers: { 'if-match': exported.get('etag')! },
      }),
    ).toMatchObject({ status: 200, body: { edited: 1 } })
  })
})

describe('a paused instance', () => {
  const pause = () => given('instances/acme', { status: 'paused' })

  test.for([
    ['PATCH', acme, { on: false }],
    ['DELETE', acme, undefined],
    ['PUT', `${flag}/layers/production`, { off: 'on' }],
    ['DELETE', flag, undefined],
  ] as const)('refuses %s %s', async ([method, path, body]) => {
    await using server = await pause()

    expect(await server.ask(method, path, body && { body })).toMatchObject({
      status: 409,
      body: {
        code: 'INSTANCE_PAUSED',
        detail:
          'The instance "acme" is paused, and the write affects the flag "new-checkout" in production/acme.',
      },
    })
  })

  test('lets others change, and its environment once it is pinned', async () => {
    await using server = await pause()
    const change = () => server.ask('PUT', `${flag}/layers/production`, { body: { off: 'on' } })
    expect(
      await server.ask('PUT', `${flag}/layers/production/globex`, { body: { on: true } }),
    ).toMatchObject({ status: 200 })

    expect((await change()).status).toBe(409)
    await server.ask('PATCH', acme, { body: { off: 'off' } })
    expect((await change()).status).toBe(200)
  })

  test('obeys kills and restores, and changes again once it is active', async () => {
    await using server = await pause()
    const scopes = { body: { scopes: ['production/acme'] } }
    expect(await server.ask('POST', `${flag}/kill`, scopes)).toMatchObject({ status: 200 })
    expect(await server.ask('POST', `${flag}/restore`, scopes)).toMatchObject({ status: 200 })

    await server.ask('PATCH', 'instances/acme', { body: { status: 'active' } })
    expect(await server.ask('PATCH', acme, { body: { on: false } })).toMatchObject({ status: 200 })
  })
})
