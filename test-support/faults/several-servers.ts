import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Ruleset } from '../../packages/core/src/index.ts'
import { applyAll, compile, EMPTY_STATE } from '../../packages/core/src/model/index.ts'
import { loadConfig } from '../../packages/server/src/config.ts'
import { openStores } from '../../packages/server/src/stores/open-stores.ts'
import { type Random, randomOf } from '../random.ts'
import { holdsInTime, waitUntil } from '../wait-until.ts'
import { startBalancer } from './balancer.ts'
import { type CachedSdk, openCachedSdk } from './cached-sdk.ts'
import { write } from './careful-client.ts'
import { type FaultyServer, startFaultyServer } from './faulty-server.ts'
import { type MortalRedis, type RedisKind, startMortalRedis } from './mortal-redis.ts'
import { FLAGS, randomChanges, SEGMENTS } from './random-changes.ts'
import { type KeptChanges, startWriters } from './random-writers.ts'

const PROJECT = 'default'
const SCOPE = 'production'
const SECRET = 'a secret that all servers share, for faults'
const SERVERS = 3

export interface SeveralServersOptions {
  readonly redis: RedisKind
  readonly sdks: number
  readonly changes: number
  /** Number of kills of servers and of Redis, spread evenly over the changes. */
  readonly kills: number
  /** Seed of the changes and of the kills. */
  readonly seed: number
}

/** The outcome of a run. Empty lists are kept promises. */
export interface SeveralServersResult extends KeptChanges {
  /** Number of server processes. */
  readonly servers: number
  /** SDKs and servers that do not hold the ruleset of the store in the end. */
  readonly different: readonly string[]
  /** Versions of SDKs that went back, such as `12 → 11`. */
  readonly backwards: readonly string[]
  /** Time of all changes and kills, ms. */
  readonly writtenMs: number
  /** Time from then until every SDK and server holds the ruleset of the store, ms. */
  readonly rightMs: number
}

/**
 * Starts server processes on one Redis, a plain TCP balancer before them and SDKs behind it. Makes
 * random changes and kills servers and Redis meanwhile. Compares the end with the log in Redis.
 */
export async function measureSeveralServers(
  options: SeveralServersOptions,
): Promise<SeveralServersResult> {
  const random = randomOf(options.seed)
  const changes = randomChanges(random, options.changes)
  const ends: (() => unknown)[] = []
  try {
    const scene = await setUp(options, ends)
    const startedAt = performance.now()
    const writers = startWriters(scene.url, changes, scene.numbers)
    await Promise.all([killAll(scene, { random, writers, options }), writers.finished])
    await changeRuleset(scene.url)
    const writtenAt = performance.now()

    const store = await openStore(scene.redis.settings)
    ends.push(store.close)
    let different: readonly string[] = []
    await holdsInTime(async () => {
      different = await findDifferent(scene, await store.ruleset())
      return different.length === 0
    })
    const rightMs = performance.now() - writtenAt
    return {
      servers: SERVERS,
      ...writers.compare(await store.log()),
      different,
      backwards: scene.sdks.flatMap(({ backwards }) => backwards),
      writtenMs: writtenAt - startedAt,
      rightMs,
    }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

/** The running parts. */
interface Scene {
  readonly redis: MortalRedis
  readonly servers: readonly FaultyServer[]
  /** Address of the balancer. */
  readonly url: string
  readonly sdks: readonly CachedSdk[]
  /** Key of the SDKs. */
  readonly key: string
  /** Numbers of acknowledged changes. */
  readonly numbers: number[]
}

/** @param ends receives the ends of all parts that were started, also if another one fails */
async function setUp(
  { redis: kind, sdks: count }: SeveralServersOptions,
  ends: (() => unknown)[],
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-sdks-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  const redis = await startMortalRedis(kind, PROJECT, 'faults')
  ends.push(redis.stop)
  const settings = { ...redis.settings, FLAGHOIST_SECRET: SECRET }
  const starting = Array.from({ length: SERVERS }, () => startFaultyServer(settings))
  const servers = await Promise.all(starting)
  ends.push(() => Promise.all(servers.map(remove)))
  const { url, close } = await startBalancer(servers.map(({ port }) => port))
  ends.push(close)
  const { key, numbers } = await furnish(url)
  await waitUntil('every server has the key', async () => {
    const served = await Promise.all(servers.map((server) => rulesetOf(server, key)))
    return new Set(served).size === 1
  })
  const opening = Array.from({ length: count }, (_, i) =>
    openCachedSdk(url, key, mkdtempSync(join(folder, `${i}-`))),
  )
  const sdks = await Promise.all(opening)
  ends.push(() => Promise.all(sdks.map(({ flags }) => flags.close())))
  return { redis, servers, url, sdks, key, numbers }
}

interface KillPlan {
  readonly random: Random
  readonly writers: ReturnType<typeof startWriters>
  readonly options: SeveralServersOptions
}

/** Kills a server, Redis, and both at once, in turn. */
async function killAll(
  { servers, redis }: Scene,
  { random, writers, options: { changes, kills } }: KillPlan,
): Promise<void> {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.uniform() * of.length)]!
  const faults: readonly (() => Promise<unknown>)[] = [
    () => killAndStart(pick(servers)),
    ...redis.kills,
    () => Promise.all([killAndStart(pick(servers)), pick(redis.kills)()]),
  ]
  for (let i = 0; i < kills; i += 1) {
    const due = Math.round((changes * (i + 0.5)) / kills)
    const reached = waitUntil(`${due} requests have ended`, () => writers.ended() >= due)
    await Promise.race([reached, writers.finished])
    await faults[i % faults.length]!()
  }
}

/** Returns the SDKs and servers that hold another ruleset, or other bytes than the first server. */
async function findDifferent(
  { servers, sdks, key }: Scene,
  expected: Ruleset,
): Promise<readonly string[]> {
  const served = await Promise.all(servers.map((server) => rulesetOf(server, key)))
  const held = [
    ...served.map((text, i) => ({ name: `server ${i}`, text })),
    ...sdks.map(({ cached }, i) => ({ name: `SDK ${i}`, text: cached() })),
  ]
  return held
    .filter(({ text }) => text !== served[0] || !isEqual(text, expected))
    .map(({ name }) => name)
}

/** Creates flags, segments and a key. Returns the numbers of some changes that can be reverted. */
async function furnish(url: string): Promise<{ key: string; numbers: number[] }> {
  const numbers: number[] = []
  const create = (path: string, body: object) => write(url, { method: 'POST', path, body })
  for (const key of SEGMENTS) await create('segments', { key })
  for (const key of FLAGS) {
    const layers = { [SCOPE]: { on: true } }
    const { headers } = await create('flags', { key, layers })
    numbers.push(Number(headers.get('flaghoist-change')))
  }
  const body = { name: 'SDKs', kind: 'server', scope: SCOPE }
  const made = await create('keys', body)
  return { key: ((await made.json()) as { secret: string }).secret, numbers }
}

/**
 * Makes a last change that SDKs are served. After one that serves nothing else, such as a note, a
 * ruleset keeps its version, but a server that has restarted may give it the newer one.
 */
async function changeRuleset(url: string): Promise<void> {
  const when = [[{ attribute: 'plan', op: 'in', values: ['last'] }]]
  const rules = [{ when, serve: { variant: 'on' } }]
  const body = { on: true, rules, rollout: null, fallthrough: { variant: 'off' } }
  await write(url, { method: 'PATCH', path: `flags/${FLAGS[0]}/layers/${SCOPE}`, body })
}

/** Opens the store, without a server. */
async function openStore(settings: Readonly<Record<string, string>>) {
  const stores = await openStores(loadConfig({ ...settings, FLAGHOIST_SECRET: SECRET }))
  const log = () => stores.log.read(PROJECT, 0, Number.MAX_SAFE_INTEGER)
  return {
    log,
    /** Returns the ruleset that SDKs should hold. */
    async ruleset() {
      const { epoch } = (await stores.log.head(PROJECT))!
      const state = applyAll(EMPTY_STATE, await log())
      return compile(state, { scope: SCOPE, audience: 'server', epoch })
    },
    close: stores.close,
  }
}

/** Compares a ruleset as JSON, which also has the hash of its last change. */
function isEqual(text: string, expected: Ruleset): boolean {
  if (text === '') return false
  const { hash: _, ...ruleset } = JSON.parse(text) as Ruleset
  return isDeepStrictEqual(ruleset, JSON.parse(JSON.stringify(expected)))
}

async function rulesetOf({ port }: FaultyServer, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}` }
  const response = await fetch(`http://127.0.0.1:${port}/sdk/v1/ruleset`, { headers })
  return response.text()
}

/** Kills a server and starts it again: repeatedly while it lacks Redis. */
async function killAndStart(server: FaultyServer): Promise<void> {
  await server.kill()
  await waitUntil('a server starts again', async () => {
    return server.start().then(
      () => true,
      () => false,
    )
  })
}

async function remove(server: FaultyServer): Promise<void> {
  await server.kill()
  rmSync(server.dataDir, { recursive: true, force: true })
}
