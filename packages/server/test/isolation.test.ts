import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { type Answer, startTestServer, type TestServer } from './http-server.ts'

const ACME = 'production/acme'

/** Data of other customers, which the key of acme must not see. */
interface Hidden {
  readonly environment: string
  readonly people: readonly string[]
  readonly reason: string
  readonly isOn: boolean
}

/** A project with two customers. Hidden data differs in its values only, not in its number. */
async function givenProject(hidden: Hidden): Promise<TestServer> {
  const server = await startTestServer()
  const { environment, people, reason, isOn } = hidden
  const write = async (method: string, path: string, body: object) => {
    const { status, body: answer } = await server.ask(method, path, { body })
    if (status >= 300) throw new Error(JSON.stringify(answer))
  }
  await write('POST', 'instances', { key: 'acme' })
  await write('POST', 'instances', { key: 'globex' })
  await write('POST', 'environments', { key: environment })
  await write('POST', 'segments', { key: 'shared', include: ['ada'] })
  await write('POST', 'segments', { key: 'others', include: people })
  await write('POST', 'flags', { key: 'checkout', clientVisible: true })
  const when = (segment: string) => [
    [{ attribute: 'targetingKey', op: 'segment', values: [segment] }],
  ]
  const rule = (segment: string) => ({ id: segment, when: when(segment), serve: { variant: 'on' } })
  const layers = 'flags/checkout/layers'
  await write('PUT', `${layers}/${ACME}`, { on: true, rules: [rule('shared')] })
  await write('PUT', `${layers}/production/globex`, { on: isOn, rules: [rule('others')] })
  await write('PUT', `${layers}/${environment}`, { on: isOn })
  // Each killed scope sees the reason of the kill, so only the restore has the hidden reason.
  await write('POST', 'flags/checkout/kill', { scopes: [ACME, 'production/globex'] })
  await write('POST', 'flags/checkout/restore', { reason })
  return server
}

const READS = [
  '/api/v1/projects',
  '/api/v1/projects/default',
  'flags',
  'flags/checkout',
  `flags/checkout/layers/${ACME}`,
  'flags/checkout/layers/production/globex',
  `flags/checkout/resolved?scope=${ACME}`,
  'environments',
  'instances',
  'scopes',
  'instance-usage',
  'segments',
  'segments/shared',
  'segments/others',
  'changes',
  ...Array.from({ length: 13 }, (_, i) => `changes/${i + 1}`),
  'changes?entity=segment:others',
  'exposures',
  'outcomes',
  'propagation',
  `calendar?scope=${ACME}`,
  'instances/acme/release-notes?environment=production',
  'metrics',
  'plans',
  'freezes',
  'rollouts',
  'subscriptions',
  `flags/checkout/health?scope=${ACME}`,
]

/** Replaces the parts that differ between any two servers: times, epochs and random ids. */
const anonymous = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<request>')
    .replace(/key-[0-9a-f]{12}/g, '<key>')
    .replace(/token=[\w.-]+/g, 'token=<token>')
    .replace(/\b[0-9a-f]{16}\b/g, '<epoch>')

const KINDS = ['admin', 'server', 'client'] as const
type Kind = (typeof KINDS)[number]

const SDK_READS = ['/sdk/v1/ruleset']
const OFREP_READ = '/ofrep/v1/evaluate/flags'

/** The responses to all reads of a key of acme. */
async function seenBy(server: TestServer, kind: Kind, key: string) {
  const seen: { path: string; status: number; etag: string | null; body: string }[] = []
  const add = (path: string, { status, headers, body }: Answer) =>
    seen.push({
      path,
      status,
      etag: headers.get('etag'),
      body: anonymous(JSON.stringify(body)),
    })
  for (const path of kind === 'admin' ? READS : SDK_READS)
    add(path, await server.ask('GET', path, { key }))
  if (kind !== 'admin') {
    const body = { context: { targetingKey: 'ada' } }
    add(OFREP_READ, await server.ask('POST', OFREP_READ, { key, body }))
  }
  return seen
}

/**
 * The part of an ETag that depends on the content: the version of an entity, or the version and the
 * digest of a ruleset. Epochs, hashes of changes and the tokens of OFREP streams differ between
 * servers.
 */
const contentOf = (etag: string | null) =>
  etag
    ?.replace(/[0-9a-f]{16}\.(\d+)\.[0-9a-f]{16}/, '$1')
    .replace(/^("[0-9a-f]{16})-.{22}"$/, '$1"')

const DECADES = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }

/** Edits of other customers' data, as a key of the whole project makes them. */
const HIDDEN_EDITS = [
  ['PATCH', 'flags/checkout/layers/production/globex', { on: false }],
  ['PUT', 'flags/checkout/layers/staging', { on: false }],
  ['POST', 'flags/checkout/kill', { scopes: ['production/globex'] }],
  ['POST', 'flags/checkout/restore', { scopes: ['production/globex'] }],
  ['PATCH', 'segments/others', { include: ['cy'] }],
  ['POST', 'segments', { key: 'more', include: ['dan'] }],
  ['PATCH', 'environments/staging', { name: 'Test' }],
  ['PATCH', 'instances/globex', { tags: { region: 'us' } }],
  ['POST', 'instances', { key: 'initech' }],
  ['POST', 'keys', { name: 'globex', kind: 'server', scope: 'production/globex' }],
  ['POST', 'freezes', { key: 'globex', instances: { keys: ['globex'] }, window: DECADES }],
] as const

const hidden: fc.Arbitrary<Hidden> = fc.record({
  environment: fc.constantFrom('staging', 'secret-a', 'secret-b'),
  people: fc.uniqueArray(fc.constantFrom('bob', 'cy', 'dan', 'eve'), { minLength: 1 }),
  reason: fc.constantFrom('Globex is down', 'A test', 'Cy complained'),
  isOn: fc.boolean(),
})

describe('a key of one instance', () => {
  test('sees the same, whatever other customers have', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(hidden, hidden, async (one, other) => {
        await using first = await givenProject(one)
        await using second = await givenProject(other)
        for (const kind of KINDS) {
          const [seen, otherSeen] = await Promise.all(
            [first, second].map(async (server) => {
              const all = await seenBy(server, kind, await server.makeKey(kind, ACME))
              return all.map((one) => ({ ...one, etag: contentOf(one.etag) }))
            }),
          )
          expect(seen).toEqual(otherSeen)
        }
      }),
      { numRuns: 8 },
    )
  })

  test('receives no name of another instance that a rule or a segment compares', async () => {
    await using server = await startTestServer()
    const when = [[{ attribute: 'instance', op: 'in', values: ['globex', 'acme'] }]]
    const inSegment = [[{ attribute: 'targetingKey', op: 'segment', values: ['customers'] }]]
    const serve = { variant: 'on' }
    const rules = [
      { id: 'pilots', when, serve },
      { id: 'customers', when: inSegment, serve },
    ]
    for (const [method, path, body] of [
      ['POST', 'instances', { key: 'acme' }],
      ['POST', 'instances', { key: 'globex' }],
      ['POST', 'segments', { key: 'customers', when }],
      ['POST', 'flags', { key: 'checkout', clientVisible: true }],
      ['PUT', 'flags/checkout/layers/production', { on: true, rules }],
    ] as const)
      expect((await server.ask(method, path, { body })).status).toBeLessThan(300)

    for (const kind of ['server', 'client'] as const) {
      const key = await server.makeKey(kind, ACME)
      const ruleset = await server.ask('GET', '/sdk/v1/ruleset', { key })
      expect(ruleset.body).toHaveProperty('flags.checkout.rules.length', 2)
      expect(JSON.stringify(ruleset.body)).not.toContain('globex')
    }
  })

  test('sees the sizes of the segments of its own layers, and no hash or shared reason', async () => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob'],
      reason: 'Globex is down',
      isOn: true,
    })
    const key = await server.makeKey('admin', ACME)
    const read = async (path: string) => (await server.ask('GET', path, { key })).body

    const shared = { key: 'shared', size: { include: 1, exclude: 0, when: 0 } }
    expect(await read('segments')).toEqual({ items: [shared] })
    expect(await read('segments/shared')).toEqual(shared)
    expect(await read('changes?entity=segment:shared')).toMatchObject({
      items: [{ edits: [{ kind: 'segment', key: 'shared', before: null, after: shared }] }],
    })
    await server.ask('PATCH', 'segments/shared', { body: { include: ['ada', 'zoe'] } })
    const edited = await server.ask('GET', 'changes?entity=segment:shared', { key })
    expect(edited.body).toHaveProperty('items.length', 2)
    expect(JSON.stringify(edited.body)).not.toMatch(/"ada"|"zoe"/)
    expect(await read('segments/others')).toMatchObject({ code: 'ENTITY_NOT_FOUND' })
    const log = JSON.stringify(await read('changes'))
    expect(log).toContain('flag.kill')
    expect(log).not.toMatch(/"hash"|"previousHash"|Globex is down|globex|bob|"ada"/)
  })

  test('sees no people of a segment that it names itself, and no name that it does not know', async () => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob', 'cy'],
      reason: 'A test',
      isOn: true,
    })
    const key = await server.makeKey('admin', ACME)
    const put = (segment: string) => {
      const when = [[{ attribute: 'targetingKey', op: 'segment', values: [segment] }]]
      const rules = [{ id: 'r', when, serve: { variant: 'on' } }]
      return server.ask('PUT', `flags/checkout/layers/${ACME}`, { key, body: { on: true, rules } })
    }

    const refused = await put('other')
    expect(refused.status).toBe(422)
    expect(JSON.stringify(refused.body)).not.toContain('others')
    expect((await put('others')).status).toBe(200)
    const { body } = await server.ask('GET', 'segments/others', { key })
    expect(body).toEqual({ key: 'others', size: { include: 2, exclude: 0, when: 0 } })
  })

  test.for(KINDS)('of kind %s has ETags that no hidden edit moves', async (kind) => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob'],
      reason: 'A test',
      isOn: true,
    })
    const key = await server.makeKey(kind, ACME)
    const etags = async () => {
      const seen = await seenBy(server, kind, key)
      return seen.map(({ path, status, etag }) => ({ path, status, etag }))
    }
    const before = await etags()
    for (const [method, path, body] of HIDDEN_EDITS) {
      const { status } = await server.ask(method, path, { body })
      expect(status, path).toBeLessThan(300)
      expect({ path, etags: await etags() }).toEqual({ path, etags: before })
    }
  })

  test('has an ETag of a flag that no hidden edit moves', async () => {
    await using server = await givenProject({
      environment: 'staging',
      people: ['bob'],
      reason: 'A test',
      isOn: true,
    })
    const key = await server.makeKey('admin', ACME)
    const etag = async () =>
      (await server.ask('GET', 'flags/checkout', { key })).headers.get('etag')
    const before = await etag()

    await server.ask('PATCH', 'flags/checkout/layers/production/globex', { body: { on: false } })
    expect(await etag()).toBe(before)
    await server.ask('PATCH', `flags/checkout/layers/${ACME}`, { body: { on: false } })
    expect(await etag()).not.toBe(before)
  })
})

const STEP = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const planFor = (instances: object) => ({ waves: [{ name: 'All', instances, steps: [STEP] }] })

/** Entities that a key of acme does not see. Each is called "secret". */
const SECRETS = {
  segments: { include: ['bob'] },
  instances: {},
  plans: planFor({ rest: true }),
  freezes: { window: DECADES, environments: ['secret'] },
  views: { screen: 'flags', query: 'state:held' },
  subscriptions: { channel: 'slack', url: 'https://chat.example/hooks/x', enabled: false },
  rollouts: { flag: 'checkout', environment: 'secret', plan: planFor({ rest: true }), to: 'off' },
}

describe('a key of one instance and hidden names', () => {
  let server: TestServer
  let key: string

  beforeAll(async () => {
    const hidden = { environment: 'secret', people: ['bob'], reason: 'A test', isOn: true }
    server = await givenProject(hidden)
    const create = async (collection: string, body: object) =>
      expect((await server.ask('POST', collection, { body })).status).toBe(201)
    for (const [collection, members] of Object.entries(SECRETS))
      await create(collection, { key: 'secret', ...members })
    for (const [rollout, instances] of [
      ['shared', { rest: true }],
      ['others', { keys: ['secret'] }],
    ] as const) {
      await create('flags', { key: rollout })
      const parts = { key: rollout, flag: rollout, environment: 'production' }
      await create('rollouts', { ...parts, plan: planFor(instances) })
    }
    key = await server.makeKey('admin', ACME)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const START = { flag: 'checkout', environment: 'production', plan: 'standard' }
  const SELECTOR = { environment: 'NAME', tags: { region: 'eu' } }
  test.for([
    ['GET', 'environments/NAME', undefined],
    ['PATCH', 'environments/NAME', { name: 'x' }],
    ['DELETE', 'environments/NAME', undefined],
    ['POST', 'environments', { key: 'NAME' }],
    ['GET', 'instances/NAME', undefined],
    ['PATCH', 'instances/NAME', { name: 'x' }],
    ['GET', 'instances/NAME/release-notes', undefined],
    ['GET', 'segments/NAME', undefined],
    ['POST', 'segments/NAME/include', { add: ['cy'] }],
    ['GET', 'segment-usage?segment=NAME', undefined],
    ['GET', 'plans/NAME', undefined],
    ['DELETE', 'plans/NAME', undefined],
    ['GET', 'freezes/NAME', undefined],
    ['PATCH', 'freezes/NAME', { name: 'x' }],
    ['GET', 'views/NAME', undefined],
    ['GET', 'subscriptions/NAME', undefined],
    ['GET', 'flags/checkout/resolved?scope=NAME', undefined],
    ['GET', 'flags/checkout/overview?scope=NAME', undefined],
    ['GET', 'flags/checkout/health?scope=NAME', undefined],
    ['GET', 'flags/checkout/readiness?environment=NAME', undefined],
    ['GET', 'flags/checkout/layers/NAME', undefined],
    ['PUT', 'flags/checkout/layers/NAME', { on: true }],
    ['PATCH', 'flags/checkout/layers', { selector: SELECTOR, layer: { on: true } }],
    ['POST', 'flags/checkout/preview', { scope: 'NAME', layer: { on: true } }],
    ['POST', 'flags/checkout/evaluate', { scope: 'NAME', context: {} }],
    ['POST', 'edits', { edits: [{ flag: 'checkout', scope: 'NAME', layer: { on: true } }] }],
    ['POST', 'edits', { edits: [{ flag: 'checkout', scope: ACME, align: 'NAME' }] }],
    ['POST', 'flags/checkout/kill', { scopes: ['NAME'] }],
    ['POST', 'flags/checkout/restore', { scopes: ['NAME'] }],
    ['POST', 'kill', { flagTags: { team: 'x' }, environments: ['NAME'] }],
    ['GET', 'exposures?scope=NAME', undefined],
    ['GET', 'changes?scope=NAME', undefined],
    ['GET', 'changes?entity=environment:NAME', undefined],
    ['GET', 'changes?entity=rollout:NAME', undefined],
    ['GET', 'matrix?query=env:NAME', undefined],
    ['GET', 'drift?scopes=NAME', undefined],
    ['GET', 'calendar?scope=NAME', undefined],
    ['POST', 'rollouts', { ...START, environment: 'NAME' }],
    ['POST', 'rollouts?dryRun=true', { ...START, environment: 'NAME' }],
    ['POST', 'rollouts', { ...START, plan: 'NAME' }],
    ['POST', 'rollouts', { ...START, key: 'NAME' }],
    ['GET', 'rollouts/NAME', undefined],
    ['GET', 'rollouts/NAME/timeline', undefined],
    ['GET', `rollouts/NAME/runs/${ACME}`, undefined],
    ['GET', 'rollouts/shared/runs/production%2FNAME', undefined],
    ['POST', 'rollouts/NAME/pause', {}],
    ['POST', 'rollouts/NAME/resume', {}],
    ['POST', 'rollouts/NAME/rollback', {}],
    ['POST', 'rollouts/NAME/retry?dryRun=true', { scopes: [ACME] }],
    ['POST', 'rollouts/shared/rollback', { scopes: ['production/NAME'] }],
    ['POST', 'rollouts/NAME/abort', { leave: true }],
  ] as const)('learns of none by %s %s %j', async ([method, path, body]) => {
    const ask = async (name: string) => {
      const named = (text: string) => text.replaceAll('NAME', name)
      const sent = body && JSON.parse(named(JSON.stringify(body)))
      const answer = await server.ask(method, named(path), { key, ...(sent && { body: sent }) })
      const shown = anonymous(JSON.stringify(answer.body)).replaceAll(name, 'NAME')
      return { status: answer.status, body: shown }
    }

    expect(await ask('secret')).toEqual(await ask('nowhere'))
    expect((await ask('secre')).body).not.toContain('secret')
  })

  test('learns of none by a run of its own scope that a rollout lacks', async () => {
    const run = (rollout: string) =>
      server.ask('GET', `rollouts/${rollout}/runs/${encodeURIComponent(ACME)}`, { key })

    expect((await run('shared')).status).toBe(200)
    const { status, body } = await run('others')
    expect([status, body.code]).toEqual([404, 'ENTITY_NOT_FOUND'])
    expect(JSON.stringify(body)).not.toContain('secret')
  })
})
