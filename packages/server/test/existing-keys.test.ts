import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './http-server.ts'
import { loadDocument, operationsOf } from './openapi-operations.ts'

const PROJECT = '/api/v1/projects/{project}'
const step = { audience: { share: 10 }, minMinutes: 1, minUnits: 10, gate: 'healthy' }
const WAVES = [{ name: 'All', instances: { rest: true }, steps: [step] }]
const PERIOD = { once: { from: '2020-01-01T00:00', to: '2020-02-01T00:00' } }
const TARGET = { channel: 'webhook', url: 'https://example.com/hook', events: ['killed'] }
const ROLLOUT = { flag: 'search', environment: 'production' }

/** Every request that creates an entity under a key of the caller: path, key, other members. */
const CREATIONS: readonly (readonly [path: string, key: string, members: object])[] = [
  ['/api/v1/projects', 'bank', { name: 'Bank' }],
  [`${PROJECT}/environments`, 'qa', { name: 'Quality' }],
  [`${PROJECT}/instances`, 'acme', { name: 'Acme' }],
  [`${PROJECT}/flags`, 'theme', { description: 'The look' }],
  [`${PROJECT}/segments`, 'staff', { include: ['ada'] }],
  [`${PROJECT}/metrics`, 'orders', { kind: 'conversion' }],
  [`${PROJECT}/plans`, 'own', { name: 'Own', waves: WAVES }],
  [`${PROJECT}/freezes`, 'winter', { window: PERIOD }],
  [`${PROJECT}/views`, 'held', { screen: 'flags', query: 'state:held' }],
  [`${PROJECT}/subscriptions`, 'ops', TARGET],
  [`${PROJECT}/rollouts`, 'first', ROLLOUT],
]
/** Entities that every project has without storing them. */
const BUILT_IN: typeof CREATIONS = [
  ...['error', 'alive', 'latency'].map(
    (key) => [`${PROJECT}/metrics`, key, { kind: 'conversion', margin: 9 }] as const,
  ),
  ...['cautious', 'standard', 'fast'].map(
    (key) => [`${PROJECT}/plans`, key, { name: 'Own', waves: WAVES }] as const,
  ),
]
/** Routes that create something without a key of the caller. */
const WITHOUT_KEY = [`${PROJECT}/keys`, `${PROJECT}/edits`, '/api/v1/session']

describe('a creation under a key that exists', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
    for (const key of ['search', 'other']) await server.ask('POST', 'flags', { body: { key } })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const pathOf = (path: string) => path.replace('{project}', 'default')
  const create = (path: string, body: object) => server.ask('POST', pathOf(path), { body })
  const headOf = async (path: string, key: string) =>
    (await server.ask('GET', path === '/api/v1/projects' ? `${path}/${key}/head` : 'head')).body

  test.for([...CREATIONS, ...BUILT_IN])(
    'is refused, and changes nothing: POST %s with "%s"',
    async ([path, key, members]) => {
      const isBuiltIn = BUILT_IN.some((one) => one[1] === key)
      const created = isBuiltIn ? undefined : await create(path, { key, ...members })
      expect(created?.status).toBe(isBuiltIn ? undefined : 201)
      const before = await headOf(path, key)

      expect(await create(path, { key, ...members })).toMatchObject({
        status: 409,
        body: { code: path === '/api/v1/projects' ? 'PROJECT_EXISTS' : 'ENTITY_EXISTS' },
      })
      expect(await headOf(path, key)).toEqual(before)
    },
  )

  test('is refused for a built-in entity with the way to change it, which then works', async () => {
    const { body } = await create(`${PROJECT}/metrics`, { key: 'error', kind: 'conversion' })
    expect(body).toMatchObject({ hint: expect.stringContaining('existing metric with PATCH') })

    expect(await server.ask('PATCH', 'metrics/error', { body: { margin: 3 } })).toMatchObject({
      status: 200,
      body: { key: 'error', kind: 'failure', margin: 3 },
    })
  })

  test('is covered for every route that creates', async () => {
    const creating = operationsOf(await loadDocument(server.url))
      .filter(({ method, responses }) => method === 'post' && '201' in responses)
      .map(({ path }) => path)

    const known = new Set([...CREATIONS.map(([path]) => path), ...WITHOUT_KEY])
    expect(creating.filter((path) => !known.has(path))).toEqual([])
    expect(creating).toHaveLength(known.size)
  })
})
