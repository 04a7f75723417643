import { expect } from 'vitest'
import { readDashboard } from '../../src/dashboard/read-dashboard.ts'
import type { TestServer } from '../http-server.ts'
import type { NoticeReceiver } from '../notice-receiver.ts'
import { signIn } from '../sign-in.ts'
import { succeed } from './succeed.ts'

/** Parameters of the path of a request. */
export type Params = Readonly<Record<string, string>>

/** The entities that requests are about, and the means to make more of them. */
export interface World {
  /** Secret of a key of kind `override` for `production/acme`. */
  readonly override: string
  /** Key of a rollout that reaches every instance in `production`. */
  readonly rollout: string
  /** URL of a receiver of webhooks. */
  readonly receiver: string
  /** Returns a key that no entity has. */
  fresh(): string
  /** Sends a request with the key of all projects. It must succeed. */
  ask(method: string, path: string, body?: object): Promise<Record<string, unknown>>
  /** Creates an entity with a fresh key. */
  create(collection: string, members?: object): Promise<{ readonly key: string }>
  /** Opens a session of the project `default`, and returns its id. */
  openSession(): Promise<string>
  /** Starts a rollout of a new flag. */
  startRollout(): Promise<{ readonly rollout: string }>
  /** Makes a delivery of a new subscription fail. */
  failDelivery(): Promise<{ readonly key: string; readonly delivery: string }>
}

/** Name of a file of the dashboard; undefined where no dashboard was built. */
export const ASSET = [...(readDashboard('/')?.names ?? [])].find((name) => name.endsWith('.js'))

const STEP = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
export const PLAN = { waves: [{ name: 'All', instances: { rest: true }, steps: [STEP] }] }
export const PAST = { once: { from: '2020-01-01T00:00', to: '2020-02-01T00:00' } }

const SCOPES = {
  default: [
    ...['*', 'production', 'production/acme', 'production/umbrella'],
    ...['qa', 'qa/acme', 'qa/umbrella'],
  ],
  bank: ['*', 'production', 'production/acme'],
} as const

/** Fills the projects `default` and `bank`. */
export async function makeWorld(server: TestServer, receiver: NoticeReceiver): Promise<World> {
  let count = 0
  const fresh = () => `n${++count}`
  const ask: World['ask'] = async (method, path, body) =>
    succeed(await server.ask(method, path, body ? { body } : {}))
  const create: World['create'] = async (collection, members = {}) => {
    const key = fresh()
    await ask('POST', collection, { key, ...members })
    return { key }
  }
  const startRollout = async () => {
    const { key: flag } = await create('flags')
    const parts = { flag, environment: 'production', plan: PLAN }
    return { rollout: (await create('rollouts', parts)).key }
  }

  // A status that makes every delivery fail at once.
  receiver.respondWith(...Array<number>(1_000).fill(410))
  await ask('POST', '/api/v1/projects', { key: 'bank' })
  await ask('POST', 'environments', { key: 'qa' })
  await ask('POST', 'instances', { key: 'umbrella' })
  for (const project of ['default', 'bank'] as const) {
    const path = `/api/v1/projects/${project}`
    await ask('PATCH', `${path}/environments/production`, { overrides: true })
    await ask('POST', `${path}/instances`, { key: 'acme' })
    await ask('POST', `${path}/flags`, scopeFlag(project))
  }
  await ask('POST', 'segments', { key: 'staff', include: ['ada'] })
  await ask('POST', 'metrics', { key: 'checkout-ms', kind: 'measurement', unit: 'ms' })
  await ask('POST', 'plans', { key: 'careful', ...PLAN })
  await ask('POST', 'freezes', { key: 'winter', window: PAST })
  await ask('POST', 'views', { key: 'held', screen: 'flags', query: 'state:held' })
  const { secret } = await ask('POST', 'keys', {
    name: 'Tester',
    kind: 'override',
    scope: 'production/acme',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    override: { flag: 'whose', variant: 'v0' },
  })

  return {
    override: String(secret),
    ...(await startRollout()),
    receiver: receiver.url,
    fresh,
    ask,
    create,
    startRollout,
    async openSession() {
      const { identity } = await signIn(server.url, await server.makeKey('admin'))
      return identity.session.id
    },
    async failDelivery() {
      const target = { channel: 'webhook', url: `${receiver.url}/hook`, events: ['killed'] }
      const { key } = await create('subscriptions', target)
      const { key: flag } = await create('flags')
      await ask('POST', `flags/${flag}/kill`, {})
      const list = async () =>
        (await ask('GET', `subscriptions/${key}/deliveries`)).items as Delivery[]
      await expect.poll(list, { timeout: 15_000 }).toMatchObject([{ state: 'failed' }])
      const [delivery] = await list()
      return { key, delivery: delivery!.id }
    },
  }
}

interface Delivery {
  readonly id: string
  readonly state: string
}

/** The flag `whose`, which serves the project and the scope that it is evaluated for. */
function scopeFlag(project: keyof typeof SCOPES): object {
  const scopes = SCOPES[project]
  return {
    key: 'whose',
    type: 'string',
    clientVisible: true,
    variants: scopes.map((scope, i) => ({ key: `v${i}`, value: `${project} ${scope}` })),
    layers: Object.fromEntries(
      scopes.map((scope, i) => [scope, { on: true, off: 'v0', fallthrough: { variant: `v${i}` } }]),
    ),
  }
}
