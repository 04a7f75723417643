import { describe, expect, test, vi } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Row {
  readonly key: string
  readonly changedAt: string
  readonly cells: Readonly<Record<string, string>>
  readonly own: Readonly<Record<string, readonly number[]>>
}

interface Answer {
  readonly total: number
  readonly environments: readonly string[]
  readonly instances: readonly string[]
  readonly flags: readonly Row[]
  readonly next?: string
}

const matrixOf = async (server: TestServer, query = '', key?: string) => {
  const path = `matrix?query=${encodeURIComponent(query)}`
  const { body } = await server.ask<Answer>('GET', path, { ...(key && { key }) })
  return body
}
const cellsOf = async (server: TestServer, flag = 'search') =>
  (await matrixOf(server)).flags.find(({ key }) => key === flag)?.cells.production
const keysOf = async (server: TestServer, query: string) =>
  (await matrixOf(server, query)).flags.map(({ key }) => key)

const layer = (server: TestServer, scope: string, body: object, flag = 'search') =>
  server.ask('PUT', `flags/${flag}/layers/${scope}`, { body })

/** A shop with acme and globex, and the flag `search`, which is off. */
async function givenSearch() {
  const server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search', owner: 'Ada', kind: 'ops' } })
  return server
}

const step = (share: number) => ({
  audience: { share },
  minMinutes: 0,
  minUnits: 0,
  gate: 'manual',
})
const plan = {
  waves: [
    { name: 'Both', instances: { keys: ['acme', 'globex'] }, steps: [step(15)] },
    { name: 'All others', instances: { rest: true }, steps: [step(10)] },
  ],
  holdback: null,
}

describe('the cells of a flag', () => {
  test.for([
    ['on', { on: true }, '+++'],
    ['off', { on: true, fallthrough: { variant: 'off' } }, '---'],
    ['a share', { on: true, rollout: { percent: 25 }, fallthrough: { variant: 'off' } }, '222'],
    ['almost all', { on: true, rollout: { percent: 99.999 } }, '999'],
    ['a split', { on: true, fallthrough: { percent: { on: 40, off: 60 } } }, '444'],
    [
      'a share of nobody',
      { on: true, rollout: { percent: 0, segments: [] }, fallthrough: { variant: 'off' } },
      '---',
    ],
    [
      'targeted contexts',
      {
        on: true,
        rules: [
          { when: [[{ attribute: 'plan', op: 'in', values: ['pro'] }]], serve: { variant: 'on' } },
        ],
      },
      '***',
    ],
    [
      'one instance by a rule',
      {
        on: true,
        rules: [
          {
            when: [[{ attribute: 'instance', op: 'in', values: ['globex'] }]],
            serve: { variant: 'on' },
          },
        ],
      },
      '*-+',
    ],
    [
      'one instance by its tag',
      {
        on: true,
        rules: [
          {
            when: [[{ attribute: 'instance.tags.region', op: 'in', values: ['eu'] }]],
            serve: { variant: 'on' },
          },
        ],
      },
      '-+-',
    ],
  ] as const)('show %s', async ([, body, cells]) => {
    await using server = await givenSearch()
    expect((await layer(server, 'production', body)).status).toBe(200)
    expect(await cellsOf(server)).toBe(cells)
  })

  test('show layers of their own, kills and retired instances', async () => {
    await using server = await givenSearch()
    await layer(server, 'production', { on: true })
    await layer(server, 'production/globex', { on: false })
    const { flags } = await matrixOf(server, 'search')
    expect(flags).toMatchObject([{ cells: { production: '++-' }, own: { production: [0, 2] } }])

    await server.ask('POST', 'flags/search/kill', { body: { scopes: ['production/acme'] } })
    expect(await cellsOf(server)).toBe('+K-')
    await server.ask('PATCH', 'instances/globex', { body: { status: 'retired' } })
    expect(await cellsOf(server)).toBe('+KR')
  })

  test('follow a rollout', async () => {
    await using server = await givenSearch()
    const act = (action: string, body = {}) =>
      server.ask('POST', `rollouts/r1/${action}?reason=Test`, { body })
    await server.ask('POST', 'rollouts', {
      body: { key: 'r1', flag: 'search', environment: 'production', plan },
    })
    await expect.poll(() => cellsOf(server)).toBe('-WW')
    await act('advance', { scopes: ['production/acme'] })
    expect(await cellsOf(server)).toBe('-bW')
    await act('pause')
    expect(await cellsOf(server)).toBe('-HH')
    await act('resume')
    await act('quarantine', { scopes: ['production/acme'] })
    // The run of globex still waits, so the engine does not end the rollout.
    expect(await cellsOf(server)).toBe('-QW')
    await layer(server, 'production/acme', { on: true })
    expect(await cellsOf(server)).toBe('-+W')
  })
})

describe('a query', () => {
  test.for([
    ['', ['new-checkout', 'search']],
    ['SEARCH', ['search']],
    ['flag:search', ['search']],
    ['flag:sear', []],
    ['flag:search,new-checkout,search', ['new-checkout', 'search']],
    ['flag:search,new-checkout flag:search', ['search']],
    ['flag:search,new-checkout state:on', ['new-checkout']],
    ['owner:Ada', ['search']],
    ['-owner:Ada', ['new-checkout']],
    ['kind:ops,release', ['new-checkout', 'search']],
    ['tag:team', ['new-checkout']],
    ['tag:team:shop', ['new-checkout']],
    ['tag:team:other', []],
    ['state:on', ['new-checkout']],
    ['state:on instance:globex', []],
    ['state:off instance:globex', ['new-checkout', 'search']],
    ['-state:on', ['search']],
    ['is:stale', []],
    ['is:archived', ['old']],
    ['-is:archived', ['new-checkout', 'search']],
  ] as const)('finds flags by %s', async ([query, keys]) => {
    await using server = await givenSearch()
    await server.ask('POST', 'flags', { body: { key: 'old' } })
    await server.ask('DELETE', 'flags/old')
    expect(await keysOf(server, query)).toEqual(keys)
  })

  test('shows environments in their order', async () => {
    await using server = await givenSearch()
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 1 } })
    await server.ask('PATCH', 'environments/production', { body: { order: 2 } })
    expect((await matrixOf(server)).environments).toEqual(['staging', 'production'])
  })

  test('selects columns', async () => {
    await using server = await givenSearch()
    await server.ask('POST', 'environments', { body: { key: 'staging' } })
    const one = await matrixOf(server, 'new-checkout env:production instance:acme')
    expect(one).toMatchObject({
      total: 1,
      environments: ['production'],
      instances: ['acme'],
      flags: [{ cells: { production: '-+' }, own: { production: [1] } }],
    })
  })

  test('of an unknown state is refused with the closest one', async () => {
    await using server = await givenSearch()
    const { body } = await server.ask('GET', 'matrix?query=state:hold')
    expect(body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
      detail: expect.stringContaining('There is no state "hold". Did you mean "held"?'),
    })
  })
})

test('a key of an instance sees its own column only', async () => {
  await using server = await givenSearch()
  const key = await server.makeKey('admin', 'production/acme')
  const before = await matrixOf(server, '', key)
  expect(before).toMatchObject({ environments: ['production'], instances: ['acme'] })
  await layer(server, 'production/globex', { on: true })
  const after = await matrixOf(server, '', key)
  expect(after.flags).toEqual(before.flags)
  expect(await server.ask('GET', 'matrix?query=instance:globex', { key })).toMatchObject({
    status: 400,
  })
})

test('an unchanged matrix is not sent again', async () => {
  await using server = await givenSearch()
  const first = await server.ask('GET', 'matrix')
  const headers = { 'if-none-match': first.headers.get('etag')! }
  expect((await server.ask('GET', 'matrix', { headers })).status).toBe(304)
  await layer(server, 'production', { on: true })
  expect((await server.ask('GET', 'matrix', { headers })).status).toBe(200)
})

test('pages hold 500 flags in 500 scopes within 20 kB', async () => {
  await using server = await startShopServer()
  const exported = await server.ask('GET', 'export')
  const [flag] = exported.body.flags as { layers: Record<string, object> }[]
  const [instance] = exported.body.instances as object[]
  const file = {
    ...exported.body,
    flags: Array.from({ length: 500 }, (_, i) => ({
      ...flag,
      key: `feature-${i}`,
      layers: {
        '*': flag!.layers['*'],
        production: { on: true },
        [`production/shop-${i % 498}`]: { on: false },
      },
    })),
    instances: Array.from({ length: 498 }, (_, i) => ({ ...instance, key: `shop-${i}` })),
  }
  expect((await server.ask('POST', 'import', { body: file })).status).toBe(200)
  const { body } = await server.ask<Answer>('GET', 'matrix?limit=400&query=env:production')
  expect([body.total, body.flags.length, body.next]).toEqual([501, 400, body.flags[399]!.key])
  const whole = await server.ask<Answer>('GET', 'matrix?limit=501&query=env:production')
  expect(Number(whole.headers.get('content-length'))).toBeLessThan(20_000)
})

test.for([['gzip'], [null]])('a page is sent with the encoding %s', async ([encoding]) => {
  await using server = await givenSearch()
  const headers = { 'accept-encoding': encoding ?? 'identity' }
  const { headers: sent, body } = await server.ask<Answer>('GET', 'matrix', { headers })
  expect(sent.get('content-encoding')).toBe(encoding)
  expect(sent.get('vary')).toContain('accept-encoding')
  expect(body.flags.map(({ key }) => key)).toEqual(['new-checkout', 'search'])
})

describe('a page is shared', () => {
  test('never beyond the scope of a key', async () => {
    await using server = await givenSearch()
    const key = await server.makeKey('admin', 'production/acme')
    expect((await matrixOf(server)).instances).toEqual(['acme', 'globex'])
    expect((await matrixOf(server, '', key)).instances).toEqual(['acme'])
    expect((await matrixOf(server)).instances).toEqual(['acme', 'globex'])
  })

  test('never with another owner', async () => {
    await using server = await givenSearch()
    const key = await server.makeKey('admin')
    await server.ask('POST', 'flags', { body: { key: 'mine', owner: 'admin' } })
    expect(await keysOf(server, 'owner:me')).toEqual([])
    expect((await matrixOf(server, 'owner:me', key)).total).toBe(1)
  })

  test('only while it does not depend on the time', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now })
    try {
      await using server = await givenSearch()
      const expectedRemovalAt = new Date(now + 3_600_000).toISOString()
      await server.ask('PATCH', 'flags/search', { body: { expectedRemovalAt } })
      expect(await keysOf(server, 'is:overdue')).toEqual([])
      vi.setSystemTime(now + 7_200_000)
      expect(await keysOf(server, 'is:overdue')).toEqual(['search'])
    } finally {
      vi.useRealTimers()
    }
  })
})
