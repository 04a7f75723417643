import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Preview {
  readonly version: number
  readonly flags: readonly {
    readonly flag: string
    readonly cells: readonly object[]
    readonly risk: { readonly scopes: readonly { scope: string; movedBuckets: number }[] }
  }[]
}

const TEXTS = [
  { key: 'short', value: 'Buy' },
  { key: 'long', value: 'Buy now' },
]

/** A shop with a text that acme shows to a half and globex to nobody, and the flag payments. */
async function givenText(): Promise<TestServer> {
  const server = await startShopServer()
  const layers = {
    '*': { off: 'long', fallthrough: { variant: 'long' } },
    'production/acme': { on: true, fallthrough: { percent: { short: 50, long: 50 } } },
  }
  const text = { key: 'button-text', type: 'string', variants: TEXTS, layers }
  expect((await server.ask('POST', 'flags', { body: text })).status).toBe(201)
  await server.ask('POST', 'flags', { body: { key: 'payments' } })
  return server
}

const preview = ({ ask }: TestServer, body: object, options = {}) =>
  ask<Preview>('PATCH', 'flags/button-text?dryRun=true', { body, ...options })

const movedIn = ({ flags }: Preview) =>
  Object.fromEntries(flags[0]!.risk.scopes.map((one) => [one.scope, one.movedBuckets]))

const variants = [{ key: 'short', value: 'Pay' }, TEXTS[1]!]

describe('the preview of the update of a flag', () => {
  test('counts the users that get another value in each scope, and stores nothing', async () => {
    await using server = await givenText()
    const { body: head } = await server.ask<{ version: number }>('GET', 'head')
    const { status, headers, body } = await preview(server, { variants })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      version: head.version,
      flags: [{ flag: 'button-text', cells: [] }],
    })
    expect(movedIn(body)).toEqual({ 'production/acme': 50_000 })
    expect((await server.ask('GET', 'head')).body).toEqual(head)
    expect((await server.ask('GET', 'flags/button-text')).body).toMatchObject({ variants: TEXTS })

    const ifMatch = { 'if-match': headers.get('etag')! }
    const write = { body: { variants }, headers: ifMatch }
    expect((await server.ask('PATCH', 'flags/button-text', write)).body).toMatchObject({ variants })
    expect(await preview(server, { variants: TEXTS }, { headers: ifMatch })).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT' },
    })
  })

  test('counts the users that a prerequisite can move, where it can be unmet', async () => {
    await using server = await givenText()
    const prerequisites = [{ flag: 'payments', variants: ['on'] }]
    // All that are not served the off variant already.
    expect(movedIn((await preview(server, { prerequisites })).body)).toEqual({
      'production/acme': 50_000,
    })
    await server.ask('PUT', 'flags/payments/layers/production', { body: { on: true } })
    expect(movedIn((await preview(server, { prerequisites })).body)).toEqual({})
  })

  test('is empty where nothing is served differently', async () => {
    await using server = await givenText()
    expect((await preview(server, { variants: TEXTS })).body.flags).toEqual([])
    const { body } = await preview(server, { description: 'Text of the button' })
    expect(movedIn(body)).toEqual({})
  })

  test('is refused where the write is refused', async () => {
    await using server = await givenText()
    const unknown = { prerequisites: [{ flag: 'none', variants: ['on'] }] }
    for (const path of ['flags/button-text?dryRun=true', 'flags/button-text']) {
      const { status, body } = await server.ask('PATCH', path, { body: unknown })
      expect([status, body]).toMatchObject([422, { code: expect.any(String) }])
    }
    const key = await server.makeKey('admin', 'production/acme')
    expect((await preview(server, { variants }, { key })).status).toBe(403)
  })
})
