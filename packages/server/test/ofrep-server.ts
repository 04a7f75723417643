import type { FlagDefinition, Layer } from '@flaghoist/core/schema'
import { buildApp } from '../src/app.ts'
import { type Config, loadConfig } from '../src/config.ts'
import { createDelivery } from '../src/delivery/create-delivery.ts'
import { createClientAddress } from '../src/http/client-address.ts'
import { createRequestLimits } from '../src/http/limits.ts'
import { createIntake } from '../src/ingest/intake.ts'
import { createReportQuota, quotaLimits } from '../src/ingest/report-quota.ts'
import { createUnitBudget } from '../src/ingest/unit-budget.ts'
import { createUnitSamples, sampleLimits } from '../src/ingest/unit-samples.ts'
import { createApiKeys } from '../src/keys/api-keys.ts'
import { createOverrides } from '../src/keys/overrides.ts'
import { describeSecret } from '../src/keys/secrets.ts'
import { createKillSwitch } from '../src/kill/kill-switch.ts'
import type { PlannedEdit, Projects } from '../src/projects/projects.ts'
import { createRolloutEngine } from '../src/rollouts/rollout-engine.ts'
import { createRulesets } from '../src/rulesets/create-rulesets.ts'
import { createTargets } from '../src/rulesets/targets.ts'
import { createSdkServer } from '../src/sdk-server.ts'
import type { Services } from '../src/services.ts'
import { createSessions } from '../src/sessions/sessions.ts'
import { createServerShare } from '../src/stores/server-share.ts'
import { createStreamHub } from '../src/streams/create-hub.ts'
import { createPropagation } from '../src/streams/propagation.ts'
import { patchChannels } from '../src/streams/ruleset-channels.ts'
import { createSharedPropagation } from '../src/streams/shared-propagation.ts'
import { createLog } from '../src/telemetry/log.ts'
import { createTelemetry } from '../src/telemetry/telemetry.ts'
import { creationOf, environment, flag, instance, on, openShop, writeOf } from './shop.ts'

/** Secrets of the keys that every OFREP test server has. */
export const KEYS = {
  admin: 'fh_admin_000000000000000000000000',
  server: 'fh_server_production',
  client: 'fh_client_production',
  acme: 'fh_server_production-acme',
  project: 'fh_server_project',
} as const

export interface OfrepServer extends AsyncDisposable {
  readonly url: string
  /** Cuts off all connections. */
  cutConnections(): void
  readonly projects: Projects
  /** Moves the server's wall clock, ms. */
  advance(ms: number): void
  commit(...edits: PlannedEdit[]): Promise<void>
  post(path: string, request?: PostOptions): Promise<Response>
}

export interface PostOptions {
  readonly key?: string | undefined
  readonly context?: unknown
  /** Sent as it is, in place of the context. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

const CREATED_AT = '2026-01-01T00:00:00.000Z'

const apiKey = (
  id: keyof typeof KEYS,
  kind: 'admin' | 'server' | 'client',
  scope?: string,
): PlannedEdit => {
  const { secret: _, ...stored } = describeSecret(kind, KEYS[id])
  const bound = scope === undefined ? {} : { scope }
  return {
    kind: 'apiKey',
    key: id,
    after: { id, name: id, kind, project: 'shop', createdAt: CREATED_AT, ...stored, ...bound },
  }
}

/** Ends a key. */
export const revoke = (id: keyof typeof KEYS): PlannedEdit => ({
  kind: 'apiKey',
  key: id,
  after: null,
})

export function visible(key: string, parts: Partial<FlagDefinition> = {}): PlannedEdit {
  return flag(key, { clientVisible: true, ...parts })
}

export const text = (...values: string[]) => values.map((value) => ({ key: value, value }))

const LAYER: Layer = { on: true, off: 'off', fallthrough: { variant: 'on' } }

const SHOP: readonly PlannedEdit[] = [
  { kind: 'project', key: 'shop', after: { key: 'shop', name: 'Shop' } },
  environment('production'),
  environment('staging', 1),
  instance('acme'),
  instance('globex'),
  apiKey('admin', 'admin'),
  apiKey('server', 'server', 'production'),
  apiKey('client', 'client', 'production'),
  apiKey('acme', 'server', 'production/acme'),
  apiKey('project', 'server'),
  visible('new-checkout'),
  on('new-checkout', '*', LAYER),
  on('new-checkout', 'production/acme', { on: false }),
  visible('theme', { type: 'string', variants: text('light', 'dark') }),
  on('theme', '*', {
    on: true,
    off: 'light',
    rules: [
      {
        id: 'gold-is-dark',
        when: [[{ attribute: 'plan', op: 'in', values: ['gold'] }]],
        serve: { variant: 'dark' },
      },
    ],
    fallthrough: { variant: 'light' },
  }),
  flag('page-size', {
    type: 'number',
    variants: [
      { key: 'small', value: 10 },
      { key: 'large', value: 50.5 },
    ],
  }),
  on('page-size', '*', { on: true, off: 'small', fallthrough: { variant: 'large' } }),
  flag('limits', { type: 'json', variants: [{ key: 'v1', value: { cart: { items: 9 } } }] }),
  on('limits', '*', { on: true, off: 'v1', fallthrough: { variant: 'v1' } }),
  visible('stopped', { type: 'string', variants: text('old', 'new') }),
  on('stopped', '*', {
    on: true,
    off: 'old',
    fallthrough: { variant: 'new' },
    killed: { at: CREATED_AT, by: 'ada', reason: 'It is broken' },
  }),
  visible('half'),
  on('half', '*', {
    on: true,
    off: 'off',
    fallthrough: {
      split: {
        by: 'targetingKey',
        salt: 'half',
        ranges: [
          [0, 50_000, 'on'],
          [50_000, 100_000, 'off'],
        ],
      },
    },
  }),
]

const fail = (error: unknown) => {
  throw error
}

/** A whole server on a free port, with the flags of a shop and a clock that tests move. */
export async function startOfrep(settings: Record<string, string> = {}): Promise<OfrepServer> {
  const { projects, stores } = await openShop()
  await projects.commit(...creationOf(SHOP))
  const config: Config = loadConfig({ FLAGHOIST_LOG_LEVEL: 'silent', ...settings })
  let clock = Date.parse('2026-11-20T08:00:00.000Z')
  const now = () => clock
  const rulesets = createRulesets(projects, fail)
  const keys = await createApiKeys({ projects, usage: stores.keyUsage, now, onListenerError: fail })
  const propagation = createPropagation({ now, elapsed: now })
  const { heartbeatMs, streamBufferBytes: bufferBytes } = config
  const hub = createStreamHub({
    channels: patchChannels(rulesets, bufferBytes),
    propagation,
    heartbeatMs,
    isKeyLive: keys.isLive,
    targetExists: () => true,
    elapsed: now,
    random: Math.random,
  })
  const quota = createReportQuota({
    limits: quotaLimits(config),
    clocks: { now, elapsed: now },
    onExceeded: () => undefined,
  })
  const delivery = createDelivery(config, stores, {
    projects,
    now,
    elapsed: now,
    readReport: () => fail(new Error('no report is due')),
    warn: () => undefined,
    onError: fail,
  })
  const addressOf = createClientAddress({ header: undefined, warn: fail })
  const targets = createTargets(projects)
  const counting = {
    ...delivery,
    config,
    stores,
    projects,
    quota,
    unitBudget: createUnitBudget({ unitsPerDay: config.clientUnits, elapsed: now }),
    unitSamples: createUnitSamples({ unitsPerHour: sampleLimits(config), elapsed: now }),
    freeSpace: { check: async () => ({ bytes: undefined, isEnough: true }) },
    telemetry: createTelemetry(),
    now,
    elapsed: now,
  }
  const services: Services = {
    ...counting,
    keys,
    sessions: createSessions({ store: stores.sessions, keys, now, onListenerError: fail }),
    killSwitch: createKillSwitch({ projects, log: stores.log, journal: undefined, warn: fail }),
    targets,
    rulesets,
    intake: createIntake(counting),
    overrides: createOverrides({ projects, keys, rulesets, targets, now }),
    rollouts: createRolloutEngine({
      projects,
      propagation,
      leases: stores.leases,
      now,
      elapsed: now,
      judge: fail,
      closedIn: () => undefined,
      onError: fail,
    }),
    propagation,
    sharedPropagation: await createSharedPropagation({
      propagation,
      projects,
      rulesets,
      peers: undefined,
    }),
    serverShare: createServerShare(undefined),
    hub,
    limits: createRequestLimits({ limit: config.rateLimit, addressOf, elapsed: now }),
    addressOf,
    log: createLog('silent'),
  }
  const server = createSdkServer(services)
  await server.listen({ host: '127.0.0.1', port: 0 })
  await server.load(await buildApp(server, services))
  const url = server.urlFor({ ...config, publicUrl: undefined })

  return {
    url,
    cutConnections: server.cutConnections,
    projects,
    advance: (ms) => {
      clock += ms
    },
    commit: async (...edits) => {
      await projects.commit(...writeOf(edits))
    },
    post: (path, { key = KEYS.server, context, body, headers } = {}) =>
      fetch(`${url}/ofrep/v1/evaluate/flags${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        body: body ?? JSON.stringify({ context }),
      }),
    [Symbol.asyncDispose]: async () => {
      await server.close(config)
      await stores.close()
    },
  }
}
