import { type Access, ASKED } from './access.ts'
import { BOUNDS, type Column } from './callers.ts'
import { PAST, type Params, PLAN, type World } from './world.ts'

/** The circumstances of one request. */
export interface Asking {
  readonly world: World
  readonly params: Params
  /** A key that no entity has. */
  readonly fresh: string
  readonly column: Column
  /** Token of the OFREP streams of the server that serves the request. */
  readonly streamToken: string
}

/** A request that its route can serve. */
interface Ask {
  /** Status of the response to an authorised caller. @default 200 */
  readonly status?: number
  /** Code of the problem that an authorised caller receives; absent where the request succeeds. */
  readonly code?: string
  /** Query of the URL, with its question mark. */
  readonly query?: string | ((asking: Asking) => string)
  readonly body?: object | ((asking: Asking) => object)
  /** Words that tell the request from others of its route, for the title of its test. */
  readonly about?: string
  /** Name of the column whose headers are sent, for a body that holds the credential. */
  readonly sender?: string
  /** Makes what the request consumes, and returns parameters of the path. */
  readonly given?: (world: World) => Params | Promise<Params>
}

/** A row of the matrix. */
export interface Row extends Ask {
  /** Method and path, as Fastify registers them. */
  readonly route: string
  readonly access: Access
}

/** Makes rows of one rule. `~` stands for the path of a project. */
function rows(access: Access, asks: Readonly<Record<string, Ask>>): readonly Row[] {
  return Object.entries(asks).map(([route, ask]) => ({
    route: route.replace('~', '/api/v1/projects/:project'),
    access,
    ...ask,
  }))
}

/** Makes the rows of a route of SDKs: one for each scope that a request may ask for. */
const sdkRows = (route: string, ask: Ask = {}): readonly Row[] =>
  ASKED.map((query) => ({ route, access: query, query, ...ask }))

const CONTEXT = { context: { targetingKey: 'ada' } }

const batchOf = ({ fresh }: Asking) => ({
  sdk: { id: '6c1f0a52-8f2e-4c0e-9a53-1d1f3f6f2b7a', name: 'matrix' },
  sentAt: Date.now(),
  batch: { id: `batch-${fresh}`, exposures: [], outcomes: [] },
})

/** The rows of a relay. A server has the same routes, and more. */
export const RELAY_ROWS: readonly Row[] = [
  ...rows('open', {
    'GET /': {},
    'GET /livez': {},
    'GET /readyz': {},
    'GET /openapi.json': {},
    'GET /errors': {},
    'GET /docs': { status: 301 },
    'GET /docs/*': { given: () => ({ '*': '' }) },
    'OPTIONS /sdk/v1*': { status: 204, given: () => ({ '*': '/ruleset' }) },
    'OPTIONS /ofrep/v1*': { status: 204, given: () => ({ '*': '/evaluate/flags' }) },
  }),
  ...rows('metrics', { 'GET /metrics': {} }),
  ...sdkRows('GET /sdk/v1/ruleset'),
  ...sdkRows('GET /sdk/v1/stream'),
  ...sdkRows('POST /sdk/v1/events', { status: 202, body: batchOf }),
  ...sdkRows('POST /ofrep/v1/evaluate/flags/:key', {
    body: CONTEXT,
    given: () => ({ key: 'whose' }),
  }),
  ...sdkRows('POST /ofrep/v1/evaluate/flags', { body: CONTEXT }),
  ...rows('override', {
    'POST /sdk/v1/override': { body: ({ world }) => ({ secret: world.override }) },
  }),
  ...rows('overrideSecret', {
    'POST /sdk/v1/override': {
      about: 'with the key in the body',
      sender: 'client, instance',
      body: ({ column: { secret = '' } }) => ({ secret }),
    },
  }),
  // The token in the URL is the credential, because browsers open streams without headers.
  ...rows('open', {
    'GET /ofrep/v1/stream': {
      about: 'with a token',
      query: ({ streamToken }) => `?token=${streamToken}`,
    },
  }),
  ...rows('noStreamToken', { 'GET /ofrep/v1/stream': { query: '?token=forged' } }),
]

/** The members of a new entity of each collection, the one that reads ask for, and their rules. */
const COLLECTIONS = {
  environments: { read: 'production', one: 'environment', members: {} },
  instances: { read: 'acme', one: 'instance', members: {} },
  segments: { read: 'staff', one: 'entity', members: { include: ['ada'] } },
  metrics: { read: 'checkout-ms', one: 'part', members: { kind: 'measurement', unit: 'ms' } },
  plans: { read: 'careful', one: 'entity', members: PLAN },
  freezes: { read: 'winter', one: 'entity', members: { window: PAST } },
  views: { read: 'held', one: 'entity', members: { screen: 'flags', query: 'state:held' } },
} as const satisfies Readonly<Record<string, { read: string; one: Access; members: object }>>

const withKey = (members: object) => (asking: Asking) => ({ key: asking.fresh, ...members })

const COLLECTION_ROWS = Object.entries(COLLECTIONS).flatMap(
  ([collection, { read, one, members }]) => {
    const given = (world: World) => world.create(collection, members)
    return [
      ...rows('part', { [`GET ~/${collection}`]: {} }),
      ...rows(one, { [`GET ~/${collection}/:key`]: { given: () => ({ key: read }) } }),
      ...rows('writeEntity', {
        [`POST ~/${collection}`]: { status: 201, body: withKey(members) },
        [`PATCH ~/${collection}/:key`]: { given, body: { name: 'New' } },
        [`DELETE ~/${collection}/:key`]: { given },
      }),
    ]
  },
)

const newTeam = async (world: World) => {
  const team = world.fresh()
  await world.create('flags', { tags: { team } })
  return { team }
}
const newFlag = async (world: World) => ({ flag: (await world.create('flags')).key })
const LAYERS = 'layers/production%2Facme'

/** Creates a flag, and sends a write about it. */
const flagAfter =
  (method: string, path: string, body: object = {}) =>
  async (world: World) => {
    const { flag } = await newFlag(world)
    await world.ask(method, `flags/${flag}${path}`, body)
    return { flag }
  }

/** Edits a layer of `production/acme`, and returns the number of the change. */
const newChange = async (world: World) => {
  await flagAfter('PUT', `/${LAYERS}`, { on: true })(world)
  return { seq: String((await world.ask('GET', 'head')).version) }
}

const ACME = { scopes: ['production/acme'] }
const EDIT = { scope: 'production/acme', layer: { on: false } }

/** Edits a scope of the caller, and reads `production/acme` for it. */
const alignment = ({ params: { flag }, column: { caller } }: Asking) => {
  const [, own] = 'bound' in caller && caller.bound !== 'all projects' ? BOUNDS[caller.bound] : []
  const scope = own?.includes('/') ? own : 'production/umbrella'
  return { edits: [{ flag, scope: own === 'qa' ? own : scope, align: 'production/acme' }] }
}

const FLAG_ROWS: readonly Row[] = [
  ...rows('part', {
    'GET ~/flags': {},
    'GET ~/stale-flags': {},
    'GET ~/flags/:flag': {},
    'GET ~/flags/:flag/usage': {},
    'GET ~/flags/:flag/overview': {},
    'GET ~/flags/:flag/exposures': {},
    // A kill by tag applies to the scopes that the key may change.
    'POST ~/kill': {
      given: newTeam,
      body: ({ params: { team } }) => ({ flagTags: { team } }),
    },
  }),
  ...rows('project', {
    'GET ~/flags/:flag/readiness': { query: '?environment=production', given: newFlag },
  }),
  ...rows('writeEntity', {
    'POST ~/flags': { status: 201, body: withKey({}) },
    'PATCH ~/flags/:flag': { given: newFlag, body: { description: 'New' } },
    'DELETE ~/flags/:flag': { given: newFlag },
    'POST ~/flags/:flag/unarchive': { given: flagAfter('DELETE', '') },
  }),
  ...rows('layer', {
    'GET ~/flags/:flag/layers/:scope': {},
    'GET ~/flags/:flag/resolved': { query: '?scope=production/acme' },
    'POST ~/flags/:flag/preview': { body: EDIT },
  }),
  ...rows('scope', {
    'GET ~/flags/:flag/health': { query: '?scope=production/acme' },
    'POST ~/flags/:flag/evaluate': { body: { ...CONTEXT, scope: 'production/acme' } },
    'POST ~/evaluate': { body: { ...CONTEXT, scope: 'production/acme' } },
    'POST ~/edits': {
      about: 'aligned with another scope',
      status: 201,
      given: flagAfter('PUT', `/${LAYERS}`, { on: true }),
      body: alignment,
    },
  }),
  ...rows('writeLayer', {
    'PUT ~/flags/:flag/layers/:scope': { given: newFlag, body: { on: false } },
    'PATCH ~/flags/:flag/layers/:scope': { given: newFlag, body: { on: false } },
    'DELETE ~/flags/:flag/layers/:scope': { given: flagAfter('PUT', `/${LAYERS}`, { on: true }) },
    'PATCH ~/flags/:flag/layers': { given: newFlag, body: { ...ACME, layer: { on: false } } },
    'POST ~/flags/:flag/layers/preview': { body: { ...ACME, layer: { on: false } } },
    'POST ~/edits': {
      status: 201,
      given: newFlag,
      body: ({ params }) => ({ edits: [{ flag: params.flag, ...EDIT }] }),
    },
    'POST ~/flags/:flag/kill': { given: newFlag, body: ACME },
    'POST ~/flags/:flag/restore': { given: flagAfter('POST', '/kill', ACME), body: ACME },
  }),
]

const action = (name: string) =>
  rows('run', {
    [`POST ~/rollouts/:rollout/${name}`]: { given: (world) => world.startRollout(), body: ACME },
  })

const ROLLOUT_ROWS: readonly Row[] = [
  ...rows('project', {
    'GET ~/rollouts': {},
    'GET ~/rollouts/:rollout': {},
    'GET ~/rollouts/:rollout/overview': {},
    'GET ~/flags/:flag/rollout-options': {},
    'POST ~/rollouts': {
      status: 201,
      given: newFlag,
      body: ({ fresh: key, params: { flag } }) => ({
        ...{ key, flag, environment: 'production', plan: PLAN },
      }),
    },
  }),
  ...rows('rollout', { 'GET ~/rollouts/:rollout/timeline': {} }),
  ...rows('run', { 'GET ~/rollouts/:rollout/runs/:scope': {} }),
  ...['pause', 'resume', 'advance', 'finish', 'rollback'].flatMap(action),
  ...['quarantine', 'retry', 'skip', 'adopt'].flatMap(action),
  ...rows('writeEntity', {
    'POST ~/rollouts/:rollout/abort': {
      given: (world) => world.startRollout(),
      body: { leave: false },
    },
  }),
]

const newSubscription = (world: World) =>
  world.create('subscriptions', { channel: 'slack', url: world.receiver, enabled: false })
const newKey = async (world: World) => {
  const { id } = await world.ask('POST', 'keys', { name: 'Extra', kind: 'server' })
  return { key: String(id) }
}

/** Routes that only keys of the whole project may use. */
const PROJECT_ROWS = rows('project', {
  'GET ~/export': {},
  'POST ~/import': {
    body: ({ fresh }) => ({
      flaghoist: 1,
      project: { key: 'default', name: fresh },
      ...{ environments: [], instances: [], segments: [], flags: [] },
    }),
  },
  'GET ~/head': {},
  'GET ~/report': {},
  'GET ~/plan-usage': {},
  'GET ~/plans/:key/overview': { given: () => ({ key: 'standard' }) },
  'POST ~/plans/preview': { body: { waves: [{ instances: { rest: true } }] } },
  'POST ~/segments/:key/evaluate': { given: () => ({ key: 'staff' }), body: CONTEXT },
  'GET ~/keys': {},
  'POST ~/keys': { status: 201, body: { name: 'Extra', kind: 'server' } },
  'DELETE ~/keys/:key': { given: newKey },
  'GET ~/subscriptions': {},
  'GET ~/subscriptions/:key': { given: newSubscription },
  'POST ~/subscriptions': {
    status: 201,
    body: ({ fresh, world }) => ({ key: fresh, channel: 'slack', url: world.receiver }),
  },
  'PATCH ~/subscriptions/:key': { given: newSubscription, body: { minSeverity: 'warning' } },
  'DELETE ~/subscriptions/:key': { given: newSubscription },
  'POST ~/subscriptions/:key/test': { given: newSubscription },
  'GET ~/subscriptions/:key/deliveries': { given: newSubscription },
  'POST ~/subscriptions/:key/deliveries/:delivery/retry': {
    given: (world) => world.failDelivery(),
  },
})

export const SERVER_ROWS: readonly Row[] = [
  ...RELAY_ROWS,
  ...rows('signIn', {
    'POST /api/v1/session': {
      status: 201,
      body: ({ column: { secret = '' } }) => ({ key: secret }),
    },
  }),
  ...rows('everyKey', {
    'GET /api/v1/session': {},
    'GET /api/v1/sessions': {},
    'GET /api/v1/projects': {},
    'GET /api/v1/projects/': {},
  }),
  ...rows('ownSessions', {
    'DELETE /api/v1/sessions/:session': {
      given: async (world) => ({ session: await world.openSession() }),
    },
  }),
  ...rows('allProjects', {
    // A server without a disk has no backup, and says so to those who may have one.
    'GET /api/v1/backup': { status: 409, code: 'BACKUP_OF_MEMORY' },
    'GET /api/v1/backup/': { status: 409, code: 'BACKUP_OF_MEMORY' },
    'POST /api/v1/projects': { status: 201, body: withKey({}) },
    'POST /api/v1/projects/': { status: 201, body: withKey({}) },
  }),
  ...rows('foreignProject', {
    'DELETE ~': {
      given: async (world) => ({ project: (await world.create('/api/v1/projects')).key }),
      query: ({ params }) => `?confirm=${params.project}`,
    },
  }),
  ...rows('part', {
    'GET ~': {},
    'GET ~/scopes': {},
    'GET ~/instance-usage': {},
    'GET ~/segment-usage': {},
    'GET ~/metric-usage': {},
    'GET ~/matrix': {},
    'GET ~/attention': {},
    'GET ~/exposures': {},
    'GET ~/outcomes': {},
    'GET ~/propagation': {},
    'GET ~/changes': {},
    'GET ~/activity': {},
  }),
  ...rows('scope', {
    'GET ~/calendar': { query: '?scope=production/acme' },
    'GET ~/drift': { query: '?scopes=production/acme' },
    'GET ~/instances/:instance/release-notes': { query: '?environment=production' },
  }),
  ...rows('change', {
    'GET ~/changes/:seq': { given: newChange },
    'POST ~/changes/:seq/revert': { given: newChange },
  }),
  ...COLLECTION_ROWS,
  ...rows('entity', { 'GET ~/segments/:key/overview': { given: () => ({ key: 'staff' }) } }),
  ...rows('writeEntity', {
    'POST ~/segments/:key/include': {
      given: (world) => world.create('segments'),
      body: { add: ['cy'] },
    },
    'POST ~/segments/:key/exclude': {
      given: (world) => world.create('segments'),
      body: { add: ['cy'] },
    },
  }),
  ...FLAG_ROWS,
  ...ROLLOUT_ROWS,
  ...PROJECT_ROWS,
]

/** The row of the files of the dashboard, which a checkout without a build lacks. */
export const assetRows = (name: string): readonly Row[] =>
  rows('open', { 'GET /assets/:name': { given: () => ({ name }) } })

/** Runs last, because it ends the sessions of the callers. */
export const SIGN_OUT_ROWS = rows('everyKey', { 'DELETE /api/v1/session': {} })
