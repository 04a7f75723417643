import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { startShopServer, type TestServer } from './http-server.ts'

const WAVES = [
  {
    name: 'Pilots',
    instances: { tags: { tier: 'pilot' } },
    steps: [{ audience: { share: 50 }, minMinutes: 0, minUnits: 0, gate: 'manual' }],
  },
]

/** A shop with the instances acme, globex and initech, of which acme is a pilot. */
async function givenPilot(): Promise<TestServer> {
  const server = await startShopServer()
  await server.ask('POST', 'instances', { body: { key: 'initech' } })
  await server.ask('PATCH', 'instances/acme', { body: { tags: { tier: 'pilot' } } })
  return server
}

const usage = async ({ ask }: TestServer) => {
  const { body } = await ask<{ items: readonly Record<string, unknown>[] }>('GET', 'plan-usage')
  return new Map(body.items.map((item) => [item.key, item]))
}

const preview = async ({ ask }: TestServer, selectors: readonly object[]) => {
  const body = { waves: selectors.map((instances) => ({ instances })) }
  const answer = await ask<{
    waves: { instances: string[]; isEmpty: boolean }[]
    others: string[]
  }>('POST', 'plans/preview', { body })
  return answer.body
}

test('the usage of plans names their rollouts in progress, and the last use', async () => {
  await using server = await givenPilot()
  const { ask } = server
  await ask('POST', 'plans', { body: { key: 'pilots', waves: WAVES } })
  await ask('PATCH', 'plans/fast', { body: { failBudget: 7 } })
  const start = { flag: 'new-checkout', environment: 'production', plan: 'pilots' }
  const first = await ask<{ startedAt: string }>('POST', 'rollouts', {
    body: { key: 'r1', ...start },
  })

  const found = await usage(server)
  expect([...found.keys()]).toEqual(['cautious', 'standard', 'fast', 'pilots'])
  expect(found.get('fast')).toMatchObject({ origin: 'changed', failBudget: 7, rollouts: [] })
  expect(found.get('standard')).toMatchObject({ origin: 'built-in', rollouts: [] })
  expect(found.get('standard')).not.toHaveProperty('lastUsedAt')
  expect(found.get('pilots')).toMatchObject({
    origin: 'own',
    waves: WAVES,
    rollouts: ['r1'],
    lastUsedAt: first.body.startedAt,
  })

  await ask('POST', 'rollouts/r1/abort', { body: { leave: true } })
  const second = await ask<{ startedAt: string }>('POST', 'rollouts', {
    body: { key: 'r2', ...start },
  })
  expect((await usage(server)).get('pilots')).toMatchObject({
    rollouts: ['r2'],
    lastUsedAt: second.body.startedAt,
  })
})

test('the overview of a plan has what its write needs, its use and its instances', async () => {
  await using server = await givenPilot()
  const { body: plan } = await server.ask('POST', 'plans', {
    body: { key: 'pilots', waves: WAVES },
  })
  const { body } = await server.ask<{ version: number }>('GET', 'plans/pilots/overview')
  expect(body).toEqual({
    plan,
    version: expect.any(Number),
    usage: { origin: 'own', rollouts: [] },
    preview: { waves: [{ instances: ['acme'], isEmpty: false }], others: ['globex', 'initech'] },
  })
  const write = { body: { failBudget: 2 }, headers: { 'if-match': `"${body.version}"` } }
  expect((await server.ask('PATCH', 'plans/pilots', write)).status).toBe(200)
  expect((await server.ask('PATCH', 'plans/pilots', write)).body).toMatchObject({
    code: 'VERSION_CONFLICT',
  })
  expect((await server.ask('GET', 'plans/pilot/overview')).body).toMatchObject({
    code: 'ENTITY_NOT_FOUND',
  })
})

describe('the preview of waves', () => {
  test('takes each instance into the first wave that selects it', async () => {
    await using server = await givenPilot()
    const pilots = { tags: { tier: ['pilot', 'internal'] } }
    expect(await preview(server, [pilots, { keys: ['acme', 'globex'] }, { rest: true }])).toEqual({
      waves: [
        { instances: ['acme'], isEmpty: false },
        { instances: ['globex'], isEmpty: false },
        { instances: ['initech'], isEmpty: false },
      ],
      others: [],
    })
  })

  test('tells a wave that matches nothing from one that earlier waves have emptied', async () => {
    await using server = await givenPilot()
    await server.ask('PATCH', 'instances/initech', { body: { status: 'retired' } })
    const selectors = [{ tags: { tier: 'pilto' } }, { keys: ['acme'] }, { tags: { tier: 'pilot' } }]
    expect(await preview(server, selectors)).toEqual({
      waves: [
        { instances: [], isEmpty: true },
        { instances: ['acme'], isEmpty: false },
        { instances: [], isEmpty: false },
      ],
      others: ['globex'],
    })
  })

  test('has the scopes with which a rollout starts', { timeout: 60_000 }, async () => {
    await using server = await givenPilot()
    for (const key of ['hooli', 'stark', 'umbrella'])
      await server.ask('POST', 'instances', { body: { key } })
    const selector = fc.oneof(
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
      fc.record({
        keys: fc.uniqueArray(fc.constantFrom('acme', 'stark', 'hooli'), { minLength: 1 }),
      }),
      fc.constant({ tags: { tier: 'pilot' } }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(selector, { maxLength: 3 }), async (earlier) => {
        const selectors = [...earlier, { rest: true }]
        const waves = selectors.map((instances, i) => ({ ...WAVES[0], name: `${i}`, instances }))
        const { body } = await server.ask<{ runs: { scope: string; wave: number }[] }>(
          'POST',
          'rollouts?dryRun=true',
          { body: { flag: 'new-checkout', environment: 'production', plan: { waves } } },
        )
        const started = selectors.map((_, wave) =>
          body.runs
            .filter((run) => run.wave === wave && run.scope !== 'production')
            .map(({ scope }) => scope.slice('production/'.length))
            .sort(),
        )
        const shown = await preview(server, selectors)
        expect(shown.waves.map(({ instances }) => instances)).toEqual(started)
      }),
      { numRuns: 25 },
    )
  })
})
