import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const flag = 'flags/new-checkout'
const acme = `${flag}/layers/production/acme`
const production = `${flag}/layers/production`
const because = '?override=freeze&reason=Urgent%20fix'
const PERIOD = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
const PAST = { once: { from: '2020-01-01T00:00', to: '2020-02-01T00:00' } }

/** A shop server with a staging environment and a freeze. */
async function given(freeze: object = {}): Promise<TestServer> {
  const server = await startShopServer()
  await server.ask('POST', 'environments', { body: { key: 'staging' } })
  const body = { key: 'sale', environments: ['production'], window: PERIOD, zone: 'UTC', ...freeze }
  const { status } = await server.ask('POST', 'freezes', { body })
  expect(status).toBe(201)
  return server
}

describe('a freeze in force', () => {
  test.for([
    ['PATCH', acme, { on: false }],
    ['PUT', production, { on: true }],
    ['PUT', `${flag}/layers/*`, { on: true, off: 'off', fallthrough: { variant: 'on' } }],
    ['DELETE', acme, undefined],
    ['DELETE', flag, undefined],
    ['PATCH', flag, { clientVisible: true }],
    ['PATCH', 'instances/acme', { status: 'retired' }],
  ] as const)(
    'refuses %s %s, unless it is overridden for a reason',
    async ([method, path, body]) => {
      await using server = await given()
      const ask = (query: string) => server.ask(method, `${path}${query}`, body && { body })

      for (const query of ['', '?reason=Hurry', '?override=freeze'])
        expect(await ask(query)).toMatchObject({
          status: 409,
          body: {
            code: 'SCOPE_FROZEN',
            detail: expect.stringMatching(
              /^The freeze "sale" applies in production(\/acme)? until 2099-12-31T00:00:00Z, and the write affects the flag "new-checkout" there\.$/,
            ),
            hint: 'Wait until the freeze ends, or add ?override=freeze&reason=… to the URL.',
          },
        })
      expect(await ask(because)).toMatchObject({ status: 200 })
      const { body: log } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
      expect(log.items).toMatchObject([{ reason: 'Urgent fix', overrides: ['sale'] }])
      const { body: overrides } = await server.ask('GET', 'changes?override=freeze')
      expect(overrides).toEqual({ items: log.items })
    },
  )

  test.for([
    ['POST', 'flags', { key: 'search' }],
    ['PATCH', flag, { description: 'New' }],
    ['PUT', `${flag}/layers/staging`, { on: true }],
    ['PATCH', 'instances/acme', { name: 'Acme' }],
    ['POST', 'segments', { key: 'staff' }],
    ['PATCH', 'freezes/sale', { name: 'Sale' }],
    ['DELETE', 'freezes/sale', undefined],
    ['POST', `${flag}/kill`, {}],
    ['POST', 'kill', { flagTags: { team: 'shop' } }],
  ] as const)('accepts %s %s', async ([method, path, body]) => {
    await using server = await given()

    expect((await server.ask(method, path, body && { body })).status).toBeLessThan(300)
    const { body: log } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
    expect(log.items[0]).not.toHaveProperty('overrides')
  })

  test('accepts a restore', async () => {
    await using server = await given()
    await server.ask('POST', `${flag}/kill`)

    expect(await server.ask('POST', `${flag}/restore`)).toMatchObject({ status: 200 })
  })

  test('refuses previews, waves, imports and reverts where it refuses the write', async () => {
    await using server = await given()
    const { body: file } = await server.ask('GET', 'export')
    Object.assign((file.flags as { layers: object }[])[0]!.layers, { production: { on: true } })
    const { body: log } = await server.ask<{ items: { seq: number }[] }>(
      'GET',
      'changes?action=layer.set',
    )
    const scope = 'production/acme'
    const wave = { scopes: [scope], layer: { on: false } }
    for (const [method, path, body] of [
      ['POST', `${flag}/preview`, { scope, layer: { on: false } }],
      ['POST', `${flag}/layers/preview`, wave],
      ['POST', `changes/${log.items[0]!.seq}/revert`, undefined],
      ['PATCH', `${flag}/layers`, { ...wave, layer: { on: true } }],
      ['POST', 'import', file],
    ] as const) {
      const ask = (query: string) => server.ask(method, `${path}${query}`, body && { body })
      expect(await ask('')).toMatchObject({ status: 409, body: { code: 'SCOPE_FROZEN' } })
      expect(await ask(because)).toMatchObject({ status: 200 })
    }
  })

  test('cannot be lifted by the write that it refuses', async () => {
    await using server = await given()
    const { body: file } = await server.ask('GET', 'export')
    Object.assign((file.flags as { layers: object }[])[0]!.layers, { production: { on: true } })
    const body = { ...file, freezes: [] }

    expect(await server.ask('POST', 'import?mode=replace', { body })).toMatchObject({
      status: 409,
      body: { code: 'SCOPE_FROZEN' },
    })
  })

  test('of some instances lets others change, and the environment if they are unaffected', async () => {
    await using server = await given({ instances: { tags: { region: ['eu'] } } })
    const change = (path: string, body: object) => server.ask('PATCH', path, { body })

    expect((await change(acme, { on: false })).status).toBe(409)
    expect((await change(`${flag}/layers/production/globex`, { on: true })).status).toBe(200)
    expect((await change(production, { on: true, off: 'on' })).status).toBe(409)
    await server.ask('PATCH', `${acme}${because}`, { body: { off: 'off' } })
    expect((await change(production, { on: true, off: 'on' })).status).toBe(200)
  })

  test('that is over refuses nothing', async () => {
    await using server = await given({ window: PAST })
    expect((await server.ask('PATCH', acme, { body: { on: false } })).status).toBe(200)
  })

  test('names the one of several that ends last, and an override records all', async () => {
    await using server = await given()
    const window = { weekly: { days: ['mon'], from: '00:00', to: '00:00', toDay: 'mon' } }
    await server.ask('POST', 'freezes', { body: { key: 'always', window } })

    expect(await server.ask('PATCH', acme, { body: { on: false } })).toMatchObject({
      body: { detail: expect.stringContaining('The freeze "always" applies in production') },
    })
    await server.ask('PATCH', `${acme}${because}`, { body: { on: false } })
    const { body: log } = await server.ask<{ items: object[] }>('GET', 'changes?limit=1')
    expect(log.items).toMatchObject([{ overrides: ['always', 'sale'] }])
  })

  test('binds a key of an instance as well, which sees the freeze in its calendar only', async () => {
    await using server = await given({ instances: { keys: ['acme', 'globex'] } })
    const key = await server.makeKey('admin', 'production/acme')

    expect(await server.ask('PATCH', acme, { key, body: { on: false } })).toMatchObject({
      body: { code: 'SCOPE_FROZEN' },
    })
    expect(
      (await server.ask('PATCH', `${acme}${because}`, { key, body: { on: false } })).status,
    ).toBe(200)
    expect((await server.ask('GET', 'freezes/sale', { key })).status).toBe(404)
    expect((await server.ask('GET', 'freezes', { key })).body).toMatchObject({ items: [] })
    expect(await server.ask('DELETE', 'freezes/sale', { key })).toMatchObject({ status: 403 })
    const { body: log } = await server.ask<{ items: { edits: { kind: string }[] }[] }>(
      'GET',
      'changes',
      { key },
    )
    expect(log.items[0]).toMatchObject({ overrides: ['sale'] })
    expect(log.items.flatMap(({ edits }) => edits.map(({ kind }) => kind))).not.toContain('freeze')
    const seen = await server.ask('GET', 'calendar?scope=production/acme', { key })
    expect(seen.body).toMatchObject({ freezes: [{ key: 'sale' }] })
    const other = await server.ask('GET', 'calendar?scope=production/globex', { key })
    expect(other.body).toMatchObject({ code: 'SCOPE_OUTSIDE_KEY' })
  })

  test('adds to the protection of an environment', async () => {
    await using server = await given()
    const { status } = await server.ask('PATCH', `environments/production`, {
      body: { protected: true },
    })
    expect(status).toBe(200)
    const { headers } = await server.ask('GET', acme)
    const write = { body: { on: false }, headers: { 'if-match': headers.get('etag')! } }

    expect(await server.ask('PATCH', `${acme}?reason=Hurry`, write)).toMatchObject({ status: 409 })
    expect(await server.ask('PATCH', `${acme}${because}`, { body: { on: false } })).toMatchObject({
      status: 428,
    })
    expect(await server.ask('PATCH', `${acme}${because}`, write)).toMatchObject({ status: 200 })
  })
})

describe('a freeze', () => {
  test.for([
    [{}, 'window'],
    [{ window: { once: { from: '2026-11-26T18:00', to: '2026-11-26T18:00' } } }, 'not after'],
    [{ window: { once: { from: '2026-02-30T18:00', to: '2026-11-26T18:00' } } }, 'does not exist'],
    [{ window: { once: { from: '2026-11-26', to: '2026-11-27' } } }, 'is written as'],
    [{ window: { weekly: { days: [], from: '09:00', to: '17:00' } } }, 'days'],
    [{ window: { weekly: { days: ['fri'], from: '9:00', to: '17:00' } } }, '00:00 to 23:59'],
    [{ window: { yearly: { from: '12-24', to: '06-31' } } }, 'does not exist'],
    [{ window: { monthly: {} } }, '{"weekly": '],
    [{ window: PERIOD, zone: 'Europe/Zürich' }, 'Use a name of the IANA database'],
    [{ window: PERIOD, environments: ['prodction'] }, 'Did you mean "production"?'],
    [{ window: PERIOD, environments: [] }, 'environments'],
    [{ window: PERIOD, instances: { keys: ['acmee'] } }, 'Did you mean "acme"?'],
    [{ window: PERIOD, instances: {} }, 'selects no instance'],
    [{ window: PERIOD, instances: { percent: 5 } }, 'percent'],
  ] as const)('of %j is refused', async ([members, text]) => {
    await using server = await startShopServer()
    const { status, body } = await server.ask('POST', 'freezes', {
      body: { key: 'own', ...members },
    })
    expect([400, 422]).toContain(status)
    expect(JSON.stringify(body)).toContain(JSON.stringify(text).slice(1, -1))
  })

  test('keeps the environments and instances that it names', async () => {
    await using server = await given({ environments: ['staging'], instances: { keys: ['globex'] } })
    for (const path of ['environments/staging', 'instances/globex'])
      expect(JSON.stringify((await server.ask('DELETE', path)).body)).toContain(
        'the freeze \\"sale\\" depends on it',
      )
    await server.ask('PATCH', 'freezes/sale', { body: { instances: null, environments: null } })
    for (const path of ['environments/staging', 'instances/globex'])
      expect(await server.ask('DELETE', path)).toMatchObject({ status: 200 })
  })

  test('travels in an export, and an import restores or removes it', async () => {
    await using server = await given({ window: PAST })
    const created = await server.ask('GET', 'freezes/sale')
    const { body: file } = await server.ask('GET', 'export')
    await server.ask('DELETE', 'freezes/sale')

    expect((await server.ask('POST', 'import', { body: file })).status).toBe(200)
    expect((await server.ask('GET', 'freezes/sale')).body).toEqual(created.body)
    const { freezes: _, ...older } = file
    expect((await server.ask('POST', 'import?mode=replace', { body: older })).status).toBe(200)
    expect((await server.ask('GET', 'freezes/sale')).status).toBe(200)
    const without = { ...file, freezes: [] }
    expect((await server.ask('POST', 'import?mode=replace', { body: without })).status).toBe(200)
    expect((await server.ask('GET', 'freezes/sale')).status).toBe(404)
  })
})

describe('business hours', () => {
  const OFFICE = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }

  test('are set and removed, and refuse no change by people', async () => {
    await using server = await startShopServer()
    const never = { days: ['sun'], from: '03:00', to: '03:01' }
    const set = await server.ask('PATCH', 'instances/acme', { body: { businessHours: never } })
    expect(set.body).toMatchObject({ businessHours: never })
    expect((await server.ask('PATCH', acme, { body: { on: false } })).status).toBe(200)

    const bad = { ...never, to: '24:00' }
    const refused = await server.ask('PATCH', 'instances/acme', { body: { businessHours: bad } })
    expect(refused.status).toBe(400)
    const removed = await server.ask('PATCH', 'instances/acme', { body: { businessHours: null } })
    expect(removed.body).not.toHaveProperty('businessHours')
  })

  test('show in the calendar beside the freezes, in the time zone of the instance', async () => {
    await using server = await given({
      name: 'Sale',
      window: { yearly: { from: '11-27', to: '11-30' } },
      zone: 'instance',
    })
    const body = { timeZone: 'America/New_York', businessHours: OFFICE }
    await server.ask('PATCH', 'instances/acme', { body })
    const time = 'from=2026-11-26T15:00:00Z&to=2026-11-28T00:00:00Z'

    const { body: calendar } = await server.ask('GET', `calendar?scope=production/acme&${time}`)
    expect(calendar).toEqual({
      scope: 'production/acme',
      timeZone: 'America/New_York',
      from: '2026-11-26T15:00:00Z',
      to: '2026-11-28T00:00:00Z',
      freezes: [
        { key: 'sale', name: 'Sale', from: '2026-11-27T05:00:00Z', to: '2026-11-28T00:00:00Z' },
      ],
      businessHours: [
        { from: '2026-11-26T15:00:00Z', to: '2026-11-26T22:00:00Z' },
        { from: '2026-11-27T14:00:00Z', to: '2026-11-27T22:00:00Z' },
      ],
    })
    const own = await server.ask('GET', `calendar?scope=production&${time}`)
    expect(own.body).not.toHaveProperty('businessHours')
    expect(own.body).toMatchObject({ timeZone: 'UTC', freezes: [{ from: '2026-11-27T00:00:00Z' }] })
  })

  test.for([
    ['scope=*', 400, 'belongs to an environment'],
    ['scope=productoin', 404, 'Did you mean \\"production\\"?'],
    ['', 400, 'scope'],
    ['scope=production&from=2026-11-26T00:00:00Z&to=2026-11-26T00:00:00Z', 400, 'later than'],
    ['scope=production&from=2026-11-26T00:00:00Z&to=2028-11-26T00:00:00Z', 400, 'at most 400 days'],
    ['scope=production&from=1999-11-26T00:00:00Z&to=1999-12-26T00:00:00Z', 400, '2000 to 2099'],
  ] as const)('a calendar with ?%s is refused', async ([query, status, text]) => {
    await using server = await startShopServer()
    const answer = await server.ask('GET', `calendar?${query}`)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(text)
  })
})
