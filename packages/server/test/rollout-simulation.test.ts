import { randomUUID } from 'node:crypto'
import type { Arm, FlagConfiguration, Ruleset } from '@flaghoist/core'
import { hex8 } from '@flaghoist/core/internal'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Random, randomOf } from '../../../test-support/random.ts'
import { buildApp } from '../src/app.ts'
import { assembleServices } from '../src/assemble-services.ts'
import { loadConfig } from '../src/config.ts'
import { prepareFirstStart } from '../src/first-start.ts'
import { createSdkServer } from '../src/sdk-server.ts'
import { createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { MINUTE_MS, startOfMinute } from '../src/time.ts'
import { ADMIN_KEY } from './http-server.ts'

/** Simulated rollouts of each kind; `FLAGHOIST_SIMULATIONS=200` proves the promise. */
const ROLLOUTS = Number(process.env.FLAGHOIST_SIMULATIONS ?? 6)
/** Rollouts that run at the same time in one project. */
const AT_ONCE = 6
const INSTANCES = Array.from({ length: 10 }, (_, i) => `shop-${i}`)
const MINUTES = 20
const USERS_PER_MINUTE = 500
const SHARE = 0.1
const FAILING = 0.01
const FAILING_WITH_HARM = 0.05
const SDK = { id: 'simulation', name: 'simulation/1' }
const ARMS: readonly Arm[] = ['control', 'treatment']

const PLAN = {
  waves: [
    {
      name: 'All',
      instances: { rest: true },
      steps: [{ audience: { share: SHARE * 100 }, minMinutes: 600, minUnits: 0, gate: 'healthy' }],
    },
  ],
  failBudget: INSTANCES.length,
  metrics: ['error'],
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-11-26T12:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

test('healthy rollouts go on', async () => {
  const stopped = await simulateAll({ seed: 1, harmed: undefined })
  expect(stopped.filter((scopes) => scopes.length > 0).length).toBeLessThanOrEqual(ROLLOUTS / 100)
}, 600_000)

test('an instance of which 5 % fail instead of 1 % is rolled back alone', async () => {
  const stopped = await simulateAll({ seed: 2, harmed: 'shop-3' })
  const alone = stopped.filter((scopes) => scopes.join() === 'production/shop-3')
  expect(alone.length).toBeGreaterThanOrEqual(ROLLOUTS * 0.99)
}, 600_000)

interface Simulation {
  readonly seed: number
  /** The instance whose new path fails more often. */
  readonly harmed: string | undefined
}

/** Returns the scopes that each rollout was rolled back in. */
async function simulateAll({ seed, harmed }: Simulation): Promise<(readonly string[])[]> {
  const stopped: (readonly string[])[] = []
  for (let i = 0; i < ROLLOUTS; i += AT_ONCE) {
    const flags = Array.from({ length: Math.min(AT_ONCE, ROLLOUTS - i) }, (_, k) => `f${k}`)
    stopped.push(...(await simulate(flags, harmed, randomOf(seed * 1_000 + i))))
  }
  return stopped
}

/** Rolls out flags in a project of their own, minute by minute. */
async function simulate(flags: readonly string[], harmed: string | undefined, random: Random) {
  await using server = await startByHand()
  for (const key of INSTANCES) await server.ask('POST', 'instances', { key })
  for (const key of flags) await server.ask('POST', 'flags', { key })
  const { secret } = await server.ask<{ secret: string }>('POST', 'keys', {
    name: 'shops',
    kind: 'server',
    scope: 'production',
  })
  const poll = () => server.ask<Ruleset>('GET', '/sdk/v1/ruleset', undefined, secret)
  const report = ({ epoch, version, hash }: Ruleset, batch?: object) =>
    server.ask(
      'POST',
      '/sdk/v1/events',
      { sdk: SDK, held: { epoch, version, hash }, batch },
      secret,
    )
  // An SDK that holds the ruleset of the environment makes every instance connected.
  await report(await poll())
  for (const flag of flags)
    await server.ask('POST', 'rollouts', { key: flag, flag, environment: 'production', plan: PLAN })
  await server.tick()

  for (let minute = 0; minute < MINUTES; minute += 1) {
    const ruleset = await poll()
    const items = servedRollouts(ruleset, flags).map((one) =>
      itemsOf(one, one.instance === harmed, random),
    )
    await report(ruleset, {
      id: randomUUID(),
      exposures: items.flatMap(({ exposures }) => exposures),
      outcomes: items.flatMap(({ outcomes }) => outcomes),
    })
    vi.setSystemTime(Date.now() + MINUTE_MS)
    vi.advanceTimersByTime(MINUTE_MS)
    await server.tick()
  }
  return Promise.all(
    flags.map(async (flag) => {
      const { runs } = await server.ask<{ runs: readonly Run[] }>('GET', `rollouts/${flag}`)
      return runs
        .filter(({ state }) => state === 'rolled-back' || state === 'quarantined')
        .map(({ scope }) => scope)
    }),
  )
}

interface Run {
  readonly scope: string
  readonly state: string
}

/** A rollout that serves users in an instance. */
interface Served {
  readonly flag: string
  readonly instance: string
  readonly revision: number
}

function servedRollouts({ flags: served }: Ruleset, flags: readonly string[]): Served[] {
  return flags.flatMap((flag) =>
    INSTANCES.flatMap((instance) => {
      const { rollout, revision }: FlagConfiguration =
        served[flag]?.instances?.[instance] ?? served[flag]!
      return rollout === undefined ? [] : [{ flag, instance, revision }]
    }),
  )
}

/** The items of a minute of users, of whom some fail. */
function itemsOf(served: Served, isHarmed: boolean, random: Random) {
  const minute = startOfMinute(Date.now())
  const arms = ARMS.map((arm) => {
    const isTreated = arm === 'treatment'
    const users = Math.round(USERS_PER_MINUTE * (isTreated ? SHARE : 1 - SHARE))
    const failing = isTreated && isHarmed ? FAILING_WITH_HARM : FAILING
    const units = Array.from({ length: users }, () => unitOf(isTreated, random))
    const cell = { ...served, minute, arm, variant: isTreated ? 'on' : 'off' }
    const failed = units.slice(0, random.binomial(users, failing))
    return {
      exposure: { ...cell, reason: 'SPLIT', count: users, units },
      outcomes: failed.length === 0 ? [] : [{ ...cell, metric: 'error', units: failed }],
    }
  })
  return {
    exposures: arms.map(({ exposure }) => exposure),
    outcomes: arms.flatMap(({ outcomes }) => outcomes),
  }
}

/** Draws the hash of a unit: its first half decides the arm. */
function unitOf(isTreated: boolean, { uniform }: Random): string {
  const bucket = isTreated ? uniform() * SHARE : SHARE + uniform() * (1 - SHARE)
  return hex8(Math.floor(bucket * 2 ** 32)) + hex8(Math.floor(uniform() * 2 ** 32))
}

/** A server whose engine ticks when the test says so. */
async function startByHand() {
  const config = loadConfig({
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_SERVER_EVENTS: '1000000000',
  })
  const stores = createMemoryStores()
  const services = await assembleServices(config, stores)
  const server = createSdkServer(services)
  const app = await buildApp(server, services)
  await server.load(app)
  await prepareFirstStart(services, console.warn)
  return {
    tick: services.rollouts.tick,
    async ask<T = unknown>(
      method: 'GET' | 'POST',
      path: string,
      body?: object,
      key = ADMIN_KEY,
    ): Promise<T> {
      const response = await app.inject({
        method,
        url: path.startsWith('/') ? path : `/api/v1/projects/default/${path}`,
        headers: { authorization: `Bearer ${key}` },
        ...(body && { payload: body }),
      })
      if (response.statusCode >= 400) throw new Error(response.body)
      return response.json()
    },
    async [Symbol.asyncDispose]() {
      await server.close(config)
      services.projects.close()
      await stores.close()
    },
  }
}
