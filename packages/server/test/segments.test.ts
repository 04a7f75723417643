import { expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { startShopServer, startTestServer, type TestServer } from './http-server.ts'

const inSegment = (key: string) => ({
  rules: [
    {
      id: key,
      when: [[{ attribute: 'targetingKey', op: 'segment', values: [key] }]],
      serve: { variant: 'on' },
    },
  ],
})

const WAVES = [
  {
    name: 'All',
    instances: { rest: true },
    steps: [{ audience: { segments: ['beta'] }, minMinutes: 0, minUnits: 0, gate: 'manual' }],
  },
]

async function givenUses(): Promise<TestServer> {
  const server = await startShopServer()
  const { ask } = server
  await ask('POST', 'segments', { body: { key: 'staff', include: ['ada', 'bob'] } })
  await ask('POST', 'segments', { body: { key: 'beta', exclude: ['eve'] } })
  await ask('POST', 'flags', { body: { key: 'old', layers: { production: inSegment('staff') } } })
  await ask('DELETE', 'flags/old')
  const layer = { on: true, ...inSegment('staff') }
  await ask('PUT', 'flags/new-checkout/layers/production/acme', { body: layer })
  await ask('PUT', 'flags/new-checkout/layers/production/globex', { body: layer })
  await ask('POST', 'plans', { body: { key: 'to-beta', waves: WAVES } })
  return server
}

interface Usage {
  readonly key: string
  readonly size: object
  readonly flags: object
  readonly plans: object
  readonly rollouts: object
}

const usage = async ({ ask }: TestServer, key?: string): Promise<readonly Usage[]> => {
  const { body } = await ask<{ items: readonly Usage[] }>(
    'GET',
    'segment-usage',
    key === undefined ? {} : { key },
  )
  return body.items
}

test('the usage of segments names live flags and plans, and no targeting key', async () => {
  await using server = await givenUses()
  const changedAt = async (key: string) => {
    const path = `changes?entity=segment:${key}&limit=1`
    return (await server.ask<{ items: { at: string }[] }>('GET', path)).body.items[0]!.at
  }
  await server.ask('PATCH', 'segments/staff', { body: { name: 'Our staff' } })
  expect(await usage(server)).toEqual([
    {
      key: 'beta',
      size: { include: 0, exclude: 1, when: 0 },
      flags: [],
      plans: ['to-beta'],
      rollouts: [],
      changedAt: await changedAt('beta'),
    },
    {
      key: 'staff',
      name: 'Our staff',
      size: { include: 2, exclude: 0, when: 0 },
      flags: [{ key: 'new-checkout', scopes: ['production/acme', 'production/globex'] }],
      plans: [],
      rollouts: [],
      changedAt: await changedAt('staff'),
    },
  ])
})

test('the usage of one segment is found by its key', async () => {
  await using server = await givenUses()
  const found = async (segment: string) =>
    (await server.ask('GET', `segment-usage?segment=${segment}`)).body.items

  expect(await found('staff')).toMatchObject([{ key: 'staff', size: { include: 2 } }])
  expect(await found('nobody')).toEqual([])
})

test('the overview of a segment has its lists, its version and its usage', async () => {
  await using server = await givenUses()
  const overviewOf = async (key?: string) =>
    (await server.ask('GET', 'segments/staff/overview', key === undefined ? {} : { key })).body
  const [, staff] = await usage(server)
  const segment = await server.ask('GET', 'segments/staff')
  const overview = await overviewOf()
  expect(overview).toEqual({ segment: segment.body, version: expect.any(Number), usage: staff })
  expect(`"${overview.version}"`).toBe(segment.headers.get('etag'))

  const key = await server.makeKey('admin', 'production/acme')
  const [own] = await usage(server, key)
  const { key: segmentKey, size } = own!
  expect(await overviewOf(key)).toEqual({
    segment: { key: segmentKey, size },
    version: overview.version,
    usage: own,
  })
})

test('the overview of a segment is hidden from a key whose layers do not use it', async () => {
  await using server = await givenUses()
  const key = await server.makeKey('admin', 'production/acme')
  const overviewOf = async (segment: string) =>
    (await server.ask('GET', `segments/${segment}/overview`, { key })).body
  expect(await overviewOf('beta')).toMatchObject({ status: 404, code: 'ENTITY_NOT_FOUND' })
  expect(await overviewOf('nobody')).toMatchObject({ status: 404, code: 'ENTITY_NOT_FOUND' })
})

test('the overview of a segment is sent again only after a change of it or its use', async () => {
  await using server = await givenUses()
  const etagOf = async () =>
    (await server.ask('GET', 'segments/staff/overview')).headers.get('etag')!
  const statusOf = async (etag: string) =>
    (await server.ask('GET', 'segments/staff/overview', { headers: { 'if-none-match': etag } }))
      .status
  const first = await etagOf()
  await server.ask('PATCH', 'flags/new-checkout', { body: { owner: 'Ada' } })
  expect(await statusOf(first)).toBe(304)
  await server.ask('DELETE', 'flags/new-checkout/layers/production/globex')
  expect(await statusOf(first)).toBe(200)
  const second = await etagOf()
  await server.ask('PATCH', 'segments/staff', { body: { name: 'Staff' } })
  expect(await statusOf(second)).toBe(200)
})

test('a rollout in progress uses the segments of its plan until it ends', async () => {
  await using server = await givenUses()
  const body = { key: 'r1', flag: 'new-checkout', environment: 'production', plan: 'to-beta' }
  await server.ask('POST', 'rollouts', { body })
  expect(await usage(server)).toMatchObject([{ key: 'beta', rollouts: ['r1'] }, {}])
  await server.ask('POST', 'rollouts/r1/abort', { body: { leave: true } })
  expect(await usage(server)).toMatchObject([{ key: 'beta', rollouts: [] }, {}])
})

test('a bound key sees the segments of its layers, without the scopes of others and the plans', async () => {
  await using server = await givenUses()
  const key = await server.makeKey('admin', 'production/acme')
  expect(await usage(server, key)).toMatchObject([
    { key: 'staff', flags: [{ key: 'new-checkout', scopes: ['production/acme'] }], plans: [] },
  ])
  const asked = await server.ask('POST', 'segments/staff/evaluate', { key, body: {} })
  expect(asked.body).toMatchObject({ status: 403, code: 'PROJECT_KEY_REQUIRED' })
})

test('a membership names the list or the clauses that decided', async () => {
  await using server = await startTestServer()
  const when = [
    [
      { attribute: 'plan', op: 'in', values: ['pro'] },
      { attribute: 'country', op: 'in', values: ['ch'] },
    ],
  ]
  const body = { key: 'staff', include: ['ada', 'eve'], exclude: ['eve'], when }
  await server.ask('POST', 'segments', { body })
  const explain = async (context: object) => {
    const answer = await server.ask('POST', 'segments/staff/evaluate', { body: { context } })
    return answer.body
  }
  const pro = { targetingKey: 'bob', plan: 'pro' }

  expect(await explain({ targetingKey: 'eve', plan: 'pro', country: 'ch' })).toEqual({
    isMember: false,
    decision: 'excluded',
    results: [[true, true]],
  })
  expect(await explain({ targetingKey: 'ada' })).toMatchObject({
    isMember: true,
    decision: 'included',
    results: [[false, false]],
  })
  expect(await explain({ ...pro, country: 'ch' })).toMatchObject({ decision: 'matched' })
  expect(await explain(pro)).toEqual({
    isMember: false,
    decision: 'unmatched',
    results: [[true, false]],
  })
})

test('a membership is that of a rule of a flag, for any segment and context', async () => {
  await using server = await startShopServer()
  const { ask } = server
  await ask('POST', 'segments', { body: { key: 'staff' } })
  const layer = { on: true, ...inSegment('staff'), fallthrough: { variant: 'off' } }
  await ask('PUT', 'flags/new-checkout/layers/production', { body: layer })
  const person = fc.constantFrom('ada', '7', '')
  const clause = fc.record({
    attribute: fc.constantFrom('plan', 'targetingKey', 'device.os'),
    op: fc.constantFrom('in', 'startsWith', 'exists'),
    values: fc.constant(['pro', 'ada']),
    negate: fc.boolean(),
  })
  const segment = fc.record({
    include: fc.uniqueArray(person),
    exclude: fc.uniqueArray(person),
    when: fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  })
  const context = fc.record(
    {
      targetingKey: person,
      plan: fc.constantFrom('pro', 'free'),
      device: fc.constant({ os: 'pro' }),
    },
    { requiredKeys: [] },
  )

  await fc.assert(
    fc.asyncProperty(segment, context, async (body, given) => {
      await ask('PATCH', 'segments/staff', { body })
      const scoped = { scope: 'production', context: given }
      const flag = await ask('POST', 'flags/new-checkout/evaluate', { body: scoped })
      const found = await ask('POST', 'segments/staff/evaluate', { body: { context: given } })
      expect(found.body.isMember).toBe(flag.body.value)
    }),
    { numRuns: 60 },
  )
})
