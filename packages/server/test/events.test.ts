import { gzipSync } from 'node:zlib'
import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, startOfMinute } from '../src/time.ts'
import { startShopServer, startTestServer, type TestServer } from './http-server.ts'

const minute = startOfMinute(Date.now())
const ada = '00000000000000aa'
const bob = 'ffffffffffffffbb'

interface Exposures {
  readonly items: { start: string; scope: string; count: number; units: number }[]
  readonly capped: object[]
}

/** A shop whose flag has some revision; reports of it, and what the server made of them. */
async function givenShop(settings: Record<string, string> = {}, scope = 'production/acme') {
  const server = await startShopServer(settings)
  const key = await server.makeKey('server', scope)
  await server.ask('PUT', 'flags/new-checkout/layers/production/acme', {
    body: { on: true, rollout: { percent: 100 } },
  })
  const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
  const { revision } = body.flags['new-checkout']!
  const exposure = (parts: object = {}) => ({
    flag: 'new-checkout',
    variant: 'on',
    reason: 'STATIC',
    revision,
    minute,
    count: 1,
    ...parts,
  })
  const compared = (...units: string[]) =>
    exposure({ arm: 'treatment', reason: 'SPLIT', count: units.length, units })
  const outcome = (parts: object = {}) => ({
    flag: 'new-checkout',
    variant: 'on',
    arm: 'treatment',
    revision,
    minute,
    metric: 'error',
    units: [ada],
    ...parts,
  })
  return {
    server,
    key,
    revision,
    exposure,
    compared,
    outcome,
    report: (batch: object, secret = key, headers?: Readonly<Record<string, string>>) =>
      server.ask('POST', '/sdk/v1/events', {
        key: secret,
        headers,
        body: {
          sdk: { id: 'sdk-1', name: 'test/1' },
          batch: { id: crypto.randomUUID(), ...batch },
        },
      }),
    exposures: async (query = '', admin?: string) =>
      (
        await server.ask<Exposures>('GET', `exposures?interval=total&${query}`, {
          ...(admin && { key: admin }),
        })
      ).body,
    outcomes: async (query = '') =>
      (await server.ask<{ items: object[] }>('GET', `outcomes?interval=total&${query}`)).body.items,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('exposures and outcomes', () => {
  test('add up by flag, revision, scope, arm and minute; a repeated batch counts once', async () => {
    await using shop = await givenShop()
    const { compared, exposure, outcome, report, revision } = shop
    const batch = {
      id: 'batch-001',
      exposures: [compared(ada), exposure({ count: 3 })],
      outcomes: [outcome(), outcome({ metric: 'ms', units: [ada, bob], buckets: [64, 72] })],
    }

    expect((await report(batch)).body).toMatchObject({ accepted: 7, dropped: 0 })
    expect((await report(batch)).body).toMatchObject({ accepted: 0, duplicate: true })
    await report({ exposures: [exposure({ count: 4 })] })

    const cell = {
      start: new Date(minute).toISOString(),
      flag: 'new-checkout',
      scope: 'production/acme',
      revision,
      attempt: revision,
      variant: 'on',
      split: '',
    }
    const { body } = await shop.server.ask<Exposures>('GET', 'exposures?flag=new-checkout')
    expect(body).toEqual({
      items: [
        { ...cell, arm: '', reason: 'STATIC', count: 7, units: 0 },
        // Bob is known by an outcome: his exposure is yet to come.
        { ...cell, arm: 'treatment', reason: 'SPLIT', count: 1, units: 2 },
      ],
      capped: [],
    })
    expect(await shop.outcomes()).toEqual([
      {
        ...cell,
        start: expect.any(String),
        arm: 'treatment',
        metric: 'error',
        units: 1,
        matured: 1,
      },
      {
        ...cell,
        start: expect.any(String),
        arm: 'treatment',
        metric: 'ms',
        units: 2,
        matured: 2,
        p50: expect.closeTo(267.3, 0),
        p90: expect.closeTo(534.7, 0),
        p99: expect.closeTo(534.7, 0),
      },
    ])
  })

  test('are found by time, in steps, and only in scopes of the admin key', async () => {
    await using shop = await givenShop({}, 'production')
    const { exposure, report, server } = shop
    const hourAgo = minute - 60 * MINUTE_MS
    await report({
      exposures: [
        exposure({ instance: 'acme' }),
        exposure({ instance: 'globex', minute: hourAgo }),
        exposure({ instance: 'globex', minute: hourAgo - MINUTE_MS }),
        exposure({ instance: 'Made up, and no key!' }),
      ],
    })
    const scopesOf = ({ items }: Exposures) => items.map(({ scope, count }) => `${scope} ${count}`)

    expect(scopesOf(await shop.exposures())).toEqual([
      'production 1',
      'production/acme 1',
      'production/globex 2',
    ])
    const soon = `from=${new Date(minute).toISOString()}`
    expect(scopesOf(await shop.exposures(soon))).toEqual(['production 1', 'production/acme 1'])
    const late = `to=${new Date(minute).toISOString()}`
    expect(scopesOf(await shop.exposures(late))).toEqual(['production/globex 2'])
    expect(scopesOf(await shop.exposures('scope=production/acme'))).toEqual(['production/acme 1'])
    expect((await shop.exposures('limit=2')).items).toHaveLength(2)
    const acme = await server.makeKey('admin', 'production/acme')
    expect(scopesOf(await shop.exposures('', acme))).toEqual(['production/acme 1'])
  })

  test('of unknown flags or of yesterday are dropped; the others are kept', async () => {
    await using shop = await givenShop()
    const { exposure, outcome } = shop

    const { body } = await shop.report({
      exposures: [
        exposure(),
        exposure({ flag: 'nope' }),
        exposure({ variant: 'nope' }),
        exposure({ flag: 'constructor' }),
        exposure({ minute: minute - 2 * 86_400_000 }),
      ],
      outcomes: [outcome({ flag: 'nope' }), outcome({ buckets: [] })],
    })

    expect(body).toMatchObject({ accepted: 1, dropped: 6 })
  })

  test.for([
    ['too many items', { batch: { id: 'batch-001', exposures: Array(5_001).fill({}) } }, 400],
    ['an outcome of nobody in particular', { batch: { id: 'batch-001', outcomes: [{}] } }, 400],
    ['more than a MiB', { padding: 'x'.repeat(2 ** 20) }, 413],
  ] as const)('are refused with %s', async ([, extra, status]) => {
    await using server = await startShopServer()
    const key = await server.makeKey('server', 'production/acme')
    const body = { sdk: { id: 'a', name: 'b' }, ...extra }
    expect((await server.ask('POST', '/sdk/v1/events', { key, body })).status).toBe(status)
  })

  test('count for client keys only where clients see the flag', async () => {
    await using shop = await givenShop()
    const visible = { key: 'visible', clientVisible: true }
    await shop.server.ask('POST', 'flags', { body: visible })
    const client = await shop.server.makeKey('client', 'production/acme')

    const { body } = await shop.report(
      { exposures: [shop.exposure({ flag: 'visible' }), shop.exposure()] },
      client,
    )

    expect(body).toMatchObject({ accepted: 1, dropped: 1 })
  })

  test('over the quota of a key are dropped, counted and listed; those of other keys are not', async () => {
    await using shop = await givenShop({ FLAGHOIST_SERVER_EVENTS: '10' })
    const other = await shop.server.makeKey('server', 'production/acme')
    const many = { exposures: [shop.exposure({ count: 8_000 })] }

    expect((await shop.report(many)).body).toMatchObject({ accepted: 8_000, dropped: 0 })
    expect((await shop.report(many)).body).toMatchObject({ accepted: 0, dropped: 8_000 })
    expect((await shop.report(many, other)).body).toMatchObject({ accepted: 8_000, dropped: 0 })

    const { items, capped } = await shop.exposures()
    expect(items).toMatchObject([{ count: 16_000 }])
    expect(capped).toMatchObject([{ flag: 'new-checkout', dropped: 8 }])
    for (const [scope, seen] of [
      ['production/acme', 1],
      ['production', 1],
      ['production/globex', 0],
    ] as const) {
      const admin = await shop.server.makeKey('admin', scope)
      expect((await shop.exposures('', admin)).capped).toHaveLength(seen)
    }
  })

  test('of a stranger with a client key use up nothing of other addresses', async () => {
    const settings = { FLAGHOIST_CLIENT_EVENTS: '10', FLAGHOIST_CLIENT_ADDRESS_HEADER: 'X-Real-IP' }
    await using shop = await givenShop(settings)
    await shop.server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
    const client = await shop.server.makeKey('client', 'production/acme')
    const reportFrom = (address: string, count: number) =>
      shop.report({ exposures: [shop.exposure({ count })] }, client, { 'x-real-ip': address })

    for (let i = 0; i < 3; i += 1) await reportFrom('203.0.113.9', 8_000)
    const { body } = await reportFrom('198.51.100.1', 10_000)

    expect(body).toMatchObject({ accepted: 10_000, dropped: 0 })
    expect(await shop.exposures()).toMatchObject({
      items: [{ count: 18_000 }],
      capped: [{ flag: 'new-checkout', dropped: 16 }],
    })
  })

  test('of all revisions of an allocation are one, and an attempt counts an outcome once', async () => {
    await using shop = await givenShop()
    const layer = 'flags/new-checkout/layers/production/acme'
    const served = async () => {
      const { body } = await shop.server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key: shop.key })
      return body.flags['new-checkout']!.revision
    }
    const items = (revision: number, at = {}) => ({
      exposures: [{ ...shop.compared(ada), revision, ...at }],
      outcomes: [shop.outcome({ revision, ...at })],
    })
    await shop.server.ask('POST', 'flags/new-checkout/kill', { body: { scopes: ['production'] } })
    await shop.server.ask('POST', 'flags/new-checkout/restore', { body: {} })
    const restored = await served()
    await shop.server.ask('PATCH', layer, { body: { rollout: { percent: 60 } } })
    const reduced = await served()

    await shop.report(items(restored))
    await shop.report(items(shop.revision))
    await shop.report(items(reduced))

    expect(restored).toBeGreaterThan(shop.revision)
    expect((await shop.exposures()).items).toMatchObject([
      { revision: shop.revision, attempt: shop.revision, count: 2, units: 1 },
      { revision: reduced, attempt: shop.revision, count: 1, units: 1 },
    ])
    expect(await shop.outcomes()).toMatchObject([{ revision: shop.revision, units: 1 }])
    // Unit `bob` has one of the last buckets.
    const strays = { exposures: [{ ...shop.compared(ada, bob), revision: reduced }] }
    expect((await shop.report(strays)).body).toMatchObject({ accepted: 1, dropped: 1 })
  })

  test('of a rollout of every flag in a browser are all accepted', async () => {
    await using shop = await givenShop()
    const keys = Array.from({ length: 300 }, (_, i) => `flag-${i}`)
    for (const key of keys) {
      await shop.server.ask('POST', 'flags', { body: { key, clientVisible: true } })
      const body = { on: true, rollout: { percent: 100 } }
      await shop.server.ask('PUT', `flags/${key}/layers/production`, { body })
    }
    const client = await shop.server.makeKey('client', 'production/acme')
    const ruleset = await shop.server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key: client })
    const cells = keys.map((flag) => ({ flag, revision: ruleset.body.flags[flag]!.revision }))

    const { body } = await shop.report(
      {
        exposures: cells.map((cell) => ({ ...shop.compared(ada, bob), ...cell })),
        outcomes: cells.flatMap((cell) => [
          shop.outcome({ ...cell, metric: 'alive' }),
          shop.outcome({ ...cell, metric: 'error' }),
        ]),
      },
      client,
    )

    expect(body).toMatchObject({ accepted: 1_200, dropped: 0 })
  })

  test('of browsers leave room for the metrics of servers', async () => {
    await using shop = await givenShop()
    await shop.server.ask('PATCH', 'flags/new-checkout', { body: { clientVisible: true } })
    const client = await shop.server.makeKey('client', 'production/acme')
    const flood = Array.from({ length: 40 }, (_, i) => shop.outcome({ metric: `m${i}` }))

    expect((await shop.report({ outcomes: flood }, client)).body).toMatchObject({
      accepted: 25,
      dropped: 15,
    })
    expect((await shop.report({ outcomes: [shop.outcome()] })).body).toMatchObject({
      accepted: 1,
      dropped: 0,
    })
  })

  test('of a newer SDK count, and what is unknown of them is ignored', async () => {
    await using shop = await givenShop()
    const news = { news: { of: ['the', 'future'] } }
    const { body, status } = await shop.server.ask('POST', '/sdk/v1/events?news=1', {
      key: shop.key,
      body: {
        sdk: { id: 'sdk-1', name: 'test/9', ...news },
        held: { epoch: 'e', version: 1, ...news },
        batch: {
          id: crypto.randomUUID(),
          exposures: [{ ...shop.compared(ada), ...news }],
          outcomes: [{ ...shop.outcome(), ...news }],
          ...news,
        },
        ...news,
      },
    })

    expect({ status, body }).toMatchObject({ status: 202, body: { accepted: 2, dropped: 0 } })
    expect((await shop.server.ask('GET', '/sdk/v1/ruleset?news=1', { key: shop.key })).status).toBe(
      200,
    )
  })

  test('of the same unit in two processes count once', async () => {
    await using shop = await givenShop()
    const { compared, outcome, report } = shop

    await Promise.all([
      report({ exposures: [compared(ada, bob)] }),
      report({ exposures: [compared(ada)] }),
      report({ outcomes: [outcome()] }),
      report({ outcomes: [outcome()] }),
    ])

    expect((await shop.exposures()).items).toMatchObject([{ units: 2 }])
    expect(await shop.outcomes()).toMatchObject([{ metric: 'error', units: 1 }])
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

  test('is accepted', async () => {
    await using server = await startShopServer()
    const exposures = [
      {
        flag: 'new-checkout',
        variant: 'on',
        reason: 'STATIC',
        revision: 1,
        minute: Date.now(),
        count: 3,
      },
    ]
    const { status, body } = await send(server, zip({ sdk, batch: { id: 'batch-001', exposures } }))
    expect([status, body]).toMatchObject([202, { accepted: 3, dropped: 0 }])
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

  test('in another encoding is refused with a hint', async () => {
    await using server = await startShopServer()
    const { status, body } = await send(server, zip({ sdk }), 'br')
    expect(status).toBe(415)
    expect(body).toMatchObject({ code: 'ENCODING_UNKNOWN' })
  })
})

describe('a ruleset that an SDK holds', () => {
  const hold = (server: TestServer, key: string, held: object) =>
    server.ask('POST', '/sdk/v1/events', { key, body: { sdk: { id: 'a', name: 'b' }, held } })

  test('is confirmed however often, and counts against no limit', async () => {
    // The request of the ruleset counts too.
    await using server = await startTestServer({ FLAGHOIST_RATE_LIMIT: '7' })
    const key = await server.makeKey('client', 'production')
    const { body: held } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
    const { epoch, version, hash } = held
    const batch = { id: 'batch-001' }
    const report = (more: object = {}) =>
      server.ask('POST', '/sdk/v1/events', { key, body: { sdk: { id: 'a', name: 'b' }, ...more } })

    for (let i = 0; i < 20; i += 1)
      expect((await report({ held: { epoch, version, hash } })).status).toBe(202)
    for (let i = 0; i < 6; i += 1) expect((await report({ batch })).status).toBe(202)
    expect((await report({ batch })).status).toBe(429)
    expect((await report({ padding: 'x'.repeat(2_000) })).status).toBe(429)
    expect((await report({ held: { epoch, version, hash } })).status).toBe(202)
  })

  test('confirms nothing unless it belongs to this log', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('client', 'production/acme')
    const { body } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })
    const { epoch, version, hash } = body
    const sdks = async () =>
      (await server.ask<{ sdks: object[] }>('GET', `propagation?seq=${version}`)).body.sdks

    await hold(server, key, { epoch: 'another', version, hash })
    await hold(server, key, { epoch, version: version + 1, hash })
    await hold(server, key, { epoch, version, hash: '0'.repeat(16) })
    expect(await sdks()).toEqual([])
    await hold(server, key, { epoch, version, hash })
    expect(await sdks()).toMatchObject([{ id: 'a', version }])
  })
})
