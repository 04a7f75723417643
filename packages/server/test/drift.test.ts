import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Ask, startTestServer, type TestServer } from './http-server.ts'

interface Row {
  readonly key: string
  readonly cells: string
  readonly own: readonly number[]
  readonly unexplained: number
  readonly differs: readonly {
    readonly position: number
    readonly configuration: number
    readonly cause: { readonly kind: string }
  }[]
}

interface Answer {
  readonly scopes: readonly string[]
  readonly total: number
  readonly unexplained: number
  readonly flags: readonly Row[]
  readonly next?: string
}

const INSTANCES = ['acme', 'globex', 'initech']
const ALL = 'production/*'

let server: TestServer
let project = ''
let projects = 0

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends a request to the project of the test. */
const ask = <T = Record<string, unknown>>(method: string, path: string, options?: Ask) =>
  server.ask<T>(method, `/api/v1/projects/${project}/${path}`, options)

beforeEach(async () => {
  projects += 1
  project = `shop-${projects}`
  await server.ask('POST', '/api/v1/projects', { body: { key: project } })
  for (const key of ['production', 'staging']) await ask('POST', 'environments', { body: { key } })
  for (const key of INSTANCES)
    await ask('POST', 'instances', {
      body: { key, tags: { region: key === 'acme' ? 'eu' : 'us' } },
    })
  for (const key of ['checkout', 'theme']) await ask('POST', 'flags', { body: { key } })
})

const driftOf = async (scopes = ALL, query = '', key?: string) => {
  const path = `drift?scopes=${scopes}&query=${encodeURIComponent(query)}`
  return (await ask<Answer>('GET', path, { ...(key && { key }) })).body
}
const rowOf = async (flag = 'checkout') => (await driftOf()).flags.find(({ key }) => key === flag)
const layer = async (scope: string, body: object, flag = 'checkout') => {
  const { status } = await ask('PUT', `flags/${flag}/layers/${scope}`, { body })
  expect(status).toBe(200)
}

describe('a comparison of scopes', () => {
  test('lists only flags that they serve differently', async () => {
    await layer('production', { on: true })
    await layer('production/acme', { on: true })
    await layer('production', { on: true }, 'theme')
    await layer('production/globex', { on: false }, 'theme')

    expect(await driftOf()).toMatchObject({
      scopes: ['production/acme', 'production/globex', 'production/initech'],
      total: 1,
      flags: [{ key: 'theme', cells: '+-+', own: [1], differs: [{ position: 1 }] }],
    })
  })

  test('names the flags that require a differing one, also through others', async () => {
    const require = (key: string, flag: string) =>
      ask('POST', 'flags', { body: { key, prerequisites: [{ flag, variants: ['on'] }] } })
    for (const [key, flag] of [
      ['one-page', 'checkout'],
      ['express', 'one-page'],
      ['dark', 'theme'],
    ] as const)
      expect((await require(key, flag)).status).toBe(201)
    for (const key of ['one-page', 'express']) await layer('production', { on: true }, key)
    await layer('production/acme', { on: true })
    await layer('production/acme', { on: true }, 'express')

    const { flags } = await driftOf()
    expect(flags).toMatchObject([{ key: 'checkout', dependants: ['express', 'one-page'] }])
    await ask('DELETE', 'flags/express')
    expect(await rowOf()).toMatchObject({ dependants: ['one-page'] })
    await ask('DELETE', 'flags/one-page')
    expect(await rowOf()).not.toHaveProperty('dependants')
  })

  test('takes environments and instances of several environments', async () => {
    await layer('staging', { on: true })
    const { scopes, flags } = await driftOf('production,staging,staging/acme')
    expect(scopes).toEqual(['production', 'staging', 'staging/acme'])
    expect(flags).toMatchObject([
      {
        cells: '-++',
        differs: [{ position: 0, configuration: 1, cause: { kind: 'layer', scope: 'staging' } }],
      },
    ])
  })

  test('numbers the configurations, the most common one first', async () => {
    await layer('production/acme', { on: true, rollout: { percent: 25 } })
    await layer('production/globex', { on: true, rollout: { percent: 50 } })
    await layer('production/initech', { on: true, rollout: { percent: 50 } })
    expect(await rowOf()).toMatchObject({
      cells: '255',
      differs: [{ position: 0, configuration: 1 }],
    })
  })

  test.for([
    ['a share of other units', { rollout: { percent: 50 } }, { rollout: { percent: 50 } }],
    ['a split of other units', { fallthrough: { percent: { on: 30, off: 70 } } }, undefined],
    ['all by a rollout', { rollout: { percent: 100 } }, { fallthrough: { variant: 'on' } }],
    ['a rollout to nobody', { rollout: { percent: 0 } }, { fallthrough: { variant: 'off' } }],
    [
      'settings of a flag that is off',
      { on: false, rollout: { percent: 50 } },
      { on: false, rollout: { percent: 10 } },
    ],
  ] as const)('ignores %s', async ([, one, other]) => {
    for (const instance of INSTANCES) {
      const settings = instance === 'globex' ? (other ?? one) : one
      await layer(`production/${instance}`, { on: true, ...settings })
    }
    expect(await driftOf()).toMatchObject({ total: 0, flags: [] })
  })

  test('finds flags by the query of the matrix, which also selects scopes', async () => {
    await layer('production/acme', { on: true })
    await layer('production/acme', { on: true }, 'theme')
    expect(await driftOf(ALL, 'theme')).toMatchObject({ total: 1, flags: [{ key: 'theme' }] })
    expect(await driftOf(ALL, '-instance:acme')).toMatchObject({
      scopes: ['production/globex', 'production/initech'],
      total: 0,
    })
  })

  test('leaves out retired instances that it does not name', async () => {
    await layer('production', { on: true })
    await ask('PATCH', 'instances/acme', { body: { status: 'retired' } })
    expect(await driftOf()).toMatchObject({
      total: 0,
      scopes: ['production/globex', 'production/initech'],
    })
    const { flags } = await driftOf('production,production/globex,production/acme')
    expect(flags).toMatchObject([
      { cells: '++R', differs: [{ cause: { kind: 'retired', scope: 'production/acme' } }] },
    ])
  })

  test.for([
    ['production/umbrella', 404, 'SCOPE_NOT_FOUND'],
    ['produktion/*', 404, 'SCOPE_NOT_FOUND'],
    ['*', 400, 'REQUEST_INVALID'],
    ['production,', 400, 'REQUEST_INVALID'],
  ] as const)('refuses %s', async ([scopes, status, code]) => {
    expect(await ask('GET', `drift?scopes=${scopes}`)).toMatchObject({ status, body: { code } })
  })

  test('comes in pages', async () => {
    await layer('production/acme', { on: true })
    await layer('production/acme', { on: true, note: { reason: 'Pilot' } }, 'theme')
    const first = await ask<Answer>('GET', `drift?scopes=${ALL}&limit=1`)
    expect(first.body).toMatchObject({ total: 2, unexplained: 1, flags: [{ key: 'checkout' }] })
    const { body } = await ask<Answer>(
      'GET',
      `drift?scopes=${ALL}&limit=1&cursor=${first.body.next}`,
    )
    expect(body).toMatchObject({ total: 2, flags: [{ key: 'theme' }] })
    expect(body.next).toBeUndefined()
    const only = await ask<Answer>('GET', `drift?scopes=${ALL}&limit=1&only=unexplained`)
    expect(only.body).toMatchObject({ total: 2, unexplained: 1, flags: [{ key: 'checkout' }] })
    expect(only.body.next).toBeUndefined()
  })
})

describe('the cause of a difference', () => {
  test('is a layer with a note, until it expires', async () => {
    const note = { reason: 'Acme tests it', owner: 'team-acme' }
    await layer('production/acme', {
      on: true,
      note: { ...note, expiresAt: '2999-01-01T00:00:00Z' },
    })
    expect(await rowOf()).toMatchObject({
      unexplained: 0,
      differs: [{ cause: { kind: 'override', scope: 'production/acme', ...note } }],
    })
    await layer('production/acme', {
      on: true,
      note: { ...note, expiresAt: '2020-01-01T00:00:00Z' },
    })
    expect(await rowOf()).toMatchObject({
      unexplained: 1,
      differs: [{ cause: { kind: 'expired', expiresAt: '2020-01-01T00:00:00Z' } }],
    })
  })

  test('is a kill, also where most scopes have it', async () => {
    await layer('production', { on: true })
    const scopes = ['production/acme', 'production/globex']
    await ask('POST', 'flags/checkout/kill?reason=Errors', { body: { scopes } })
    expect(await rowOf()).toMatchObject({
      cells: 'KK+',
      unexplained: 0,
      differs: [{ position: 2, cause: { kind: 'killed', scope: scopes[0], reason: 'Errors' } }],
    })
  })

  test('is a rule on the instance', async () => {
    const when = [[{ attribute: 'instance.tags.region', op: 'in', values: ['eu'] }]]
    await layer('production', { on: true, rules: [{ when, serve: { variant: 'on' } }] })
    expect(await rowOf()).toMatchObject({
      cells: '+--',
      own: [],
      unexplained: 0,
      differs: [{ position: 0, cause: { kind: 'rule' } }],
    })
  })

  test('is a rollout, until a person edits its layer', async () => {
    const step = { audience: { share: 15 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
    const waves = [
      { name: 'Acme', instances: { keys: ['acme'] }, steps: [step] },
      { name: 'All others', instances: { rest: true }, steps: [step] },
    ]
    const body = {
      key: 'r1',
      flag: 'checkout',
      environment: 'production',
      plan: { waves, holdback: null },
    }
    await ask('POST', 'rollouts', { body })
    const advance = () =>
      ask('POST', 'rollouts/r1/advance?reason=Test', { body: { scopes: ['production/acme'] } })
    await expect.poll(async () => (await advance()).status).toBe(200)
    expect(await rowOf()).toMatchObject({
      differs: [{ position: 0, cause: { kind: 'rollout', rollout: 'r1' } }],
    })
    await layer('production/acme', { on: true })
    expect(await rowOf()).toMatchObject({ differs: [{ cause: { kind: 'layer' } }] })
    // The hold of the run is a later change than the edit.
    const run = async () => (await ask<{ runs: object[] }>('GET', 'rollouts/r1')).body.runs[0]
    await expect.poll(run).toMatchObject({ state: 'held', reason: { code: 'changed-by-hand' } })
    expect(await rowOf()).toMatchObject({ unexplained: 1, differs: [{ cause: { kind: 'layer' } }] })
  })

  test('puts unexplained flags first', async () => {
    await layer('production/acme', { on: true, note: { reason: 'Pilot' } })
    await layer('production/globex', { on: true }, 'theme')
    const { flags, unexplained } = await driftOf()
    expect(flags.map(({ key }) => key)).toEqual(['theme', 'checkout'])
    expect(unexplained).toBe(1)
  })
})

test('a key of an instance compares it with its environment, and sees no other', async () => {
  const { body } = await ask<{ secret: string }>('POST', 'keys', {
    body: { name: 'Acme', kind: 'admin', scope: 'production/acme' },
  })
  const key = body.secret
  await layer('production/acme', { on: true })
  const before = await driftOf('production,production/*', '', key)
  expect(before).toMatchObject({
    scopes: ['production', 'production/acme'],
    flags: [{ cells: '-+' }],
  })
  await layer('production/globex', { on: true }, 'theme')
  expect((await driftOf('production,production/*', '', key)).flags).toEqual(before.flags)
  expect(await ask('GET', 'drift?scopes=production/globex', { key })).toMatchObject({
    status: 403,
    body: { code: 'SCOPE_OUTSIDE_KEY' },
  })
})

test('an unchanged comparison is not sent again', async () => {
  const first = await ask('GET', `drift?scopes=${ALL}`)
  const headers = { 'if-none-match': first.headers.get('etag')! }
  expect((await ask('GET', `drift?scopes=${ALL}`, { headers })).status).toBe(304)
  await layer('production/acme', { on: true })
  expect((await ask('GET', `drift?scopes=${ALL}`, { headers })).status).toBe(200)
})
