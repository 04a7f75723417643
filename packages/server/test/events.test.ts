import { gzipSync } from 'node:zlib'
import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

describe('exposures', () => {
  const minute = Date.now() - (Date.now() % 60_000)
  const report = (server: TestServer, key: string, id: string, counts: object[]) =>
    server.ask('POST', '/sdk/v1/events', {
      key,
      body: { sdk: { id: 'sdk-1', name: 'test/1' }, batch: { id, counts } },
    })

  test('add up by flag, variant, arm, scope and minute; a batch that comes twice counts once', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const count = { flag: 'new-checkout', variant: 'on', arm: 'treatment', minute, count: 3 }

    expect((await report(server, key, 'batch-001', [count])).body).toEqual({
      accepted: 1,
      dropped: 0,
    })
    expect((await report(server, key, 'batch-001', [count])).body).toMatchObject({
      duplicate: true,
    })
    await report(server, key, 'batch-002', [count, { ...count, variant: 'off' }])

    const { body } = await server.ask('GET', 'exposures?flag=new-checkout&scope=production/acme')
    const row = {
      flag: 'new-checkout',
      arm: 'treatment',
      scope: 'production/acme',
      minute: new Date(minute).toISOString(),
    }
    expect(body.items).toEqual([
      { ...row, variant: 'off', count: 3 },
      { ...row, variant: 'on', count: 6 },
    ])
  })

  test('of flags that the key does not know, or of yesterday, are dropped and the others are kept', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const good = { flag: 'new-checkout', variant: 'on', minute, count: 1 }

    const { body } = await report(server, key, 'batch-001', [
      good,
      { ...good, flag: 'nope' },
      { ...good, variant: 'nope' },
      { ...good, flag: 'constructor' },
      { ...good, minute: minute - 2 * 86_400_000 },
    ])

    expect(body).toEqual({ accepted: 1, dropped: 4 })
  })

  test.for([
    ['a misspelt member', { bach: {} }, 400],
    ['too many counts', { batch: { id: 'batch-001', counts: Array(5_001).fill({}) } }, 400],
    ['more than a MiB', { padding: 'x'.repeat(2 ** 20) }, 413],
  ] as const)('are refused with %s', async ([, extra, status]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const body = { sdk: { id: 'a', name: 'b' }, ...extra }
    expect((await server.ask('POST', '/sdk/v1/events', { key, body })).status).toBe(status)
  })

  test('count for client keys only where clients see the flag', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'visible', clientVisible: true } })
    const key = await server.makeKey('client', 'production/acme')
    const seen = { flag: 'visible', variant: 'on', minute, count: 1 }

    const { body } = await report(server, key, 'batch-001', [
      seen,
      { ...seen, flag: 'new-checkout' },
    ])

    expect(body).toEqual({ accepted: 1, dropped: 1 })
  })
})

describe('a gzipped report', () => {
  const send = async (server: TestServer, body: Uint8Array<ArrayBuffer>, encoding = 'gzip') => {
    const key = await server.makeKey('server', 'production/acme')
    const response = await fetch(`${server.url}/sdk/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-encoding': encoding,
      },
      body,
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const sdk = { id: 'a', name: 'b' }
  const zip = (value: unknown) => new Uint8Array(gzipSync(JSON.stringify(value)))

  test('is taken', async () => {
    await using server = await startShopServer()
    const counts = [{ flag: 'new-checkout', variant: 'on', minute: Date.now(), count: 3 }]
    const { status, body } = await send(server, zip({ sdk, batch: { id: 'batch-001', counts } }))
    expect([status, body]).toEqual([202, { accepted: 1, dropped: 0 }])
  })

  test.for([
    [
      'unpacks to more than a MiB',
      zip({ sdk, padding: 'x'.repeat(2 ** 20) }),
      413,
      'BODY_TOO_LARGE',
    ],
    ['is none', new Uint8Array(Buffer.from('{"sdk":{}}')), 400, 'REQUEST_INVALID'],
    ['is cut short', zip({ sdk }).slice(0, 20), 400, 'REQUEST_INVALID'],
    ['holds no JSON', new Uint8Array(gzipSync('{"sdk":')), 400, 'REQUEST_INVALID'],
    ['has a misspelt member', zip({ skd: sdk }), 400, 'REQUEST_INVALID'],
  ] as const)('that %s is refused', async ([, body, status, code]) => {
    await using server = await startShopServer()
    expect(await send(server, body)).toMatchObject({ status, body: { code } })
  })

  test('in another encoding is refused with what to do', async () => {
    await using server = await startShopServer()
    const { status, body } = await send(server, zip({ sdk }), 'br')
    expect(status).toBe(415)
    expect(body).toMatchObject({ code: 'ENCODING_UNKNOWN' })
  })
})

describe('what an SDK says that it holds', () => {
  const hold = (server: TestServer, key: string, held: object) =>
    server.ask('POST', '/sdk/v1/events', { key, body: { sdk: { id: 'a', name: 'b' }, held } })

  test.for([
    ['server', false],
    ['client', true],
  ] as const)(
    'by a %s key, of a version yet to come, keeps the epoch: %s',
    async ([kind, keeps]) => {
      await using server = await startShopServer()
      const key = await server.makeKey(kind, 'production/acme')
      const rulesetOf = async () =>
        (await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })).body
      const { epoch, version } = await rulesetOf()

      expect((await hold(server, key, { epoch, version: version + 7 })).status).toBe(202)

      expect((await rulesetOf()).epoch === epoch).toBe(keeps)
    },
  )

  test('confirms nothing unless it is of this log', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('client', 'production/acme')
    const { body: held } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
    const sdks = async () =>
      (await server.ask<{ sdks: object[] }>('GET', `propagation?seq=${held.version}`)).body.sdks

    await hold(server, key, { epoch: 'another', version: held.version })
    await hold(server, key, { epoch: held.epoch, version: held.version + 1 })
    expect(await sdks()).toEqual([])
    await hold(server, key, { epoch: held.epoch, version: held.version })
    expect(await sdks()).toMatchObject([{ id: 'a', version: held.version }])
  })
})
