import { randomUUID } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { createFlags } from '@flaghoist/node'
import { expect, test } from 'vitest'
import { randomOf } from '../../../test-support/random.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { ADMIN_KEY, startTestServer } from './http-server.ts'
import { folder, MAIN, runNode } from './server-process.ts'
import { openShop, rulesetsOf } from './shop.ts'

const FAST_CLOCK = new URL('./fast-clock.ts', import.meta.url).pathname
/** Two minutes after a start last for 0.4 s. */
const FACTOR = 300
/** Number of rollouts that are disturbed, each with another seed: `ROLLOUT_KILL_RUNS`. */
const RUNS = Number(process.env.ROLLOUT_KILL_RUNS ?? 1)
/** After a seen change, the server is killed within this time: most often before the next one. */
const MAX_DELAY_MS = 20
const INSTANCES = ['acme', 'initech']

const steps = [{ audience: { share: 50 }, minMinutes: 1, minUnits: 300, gate: 'time' }]
const PLAN = {
  waves: [
    { name: 'Both instances', instances: { keys: INSTANCES }, steps },
    { name: 'The environment', instances: { rest: true }, steps },
  ],
  holdback: null,
  // SDKs report the others by their own clocks, which go slower than that of the server.
  metrics: ['error'],
}

/** A folder with two instances and a flag, and a key for the SDK of each instance. */
async function givenFolder() {
  const dataDir = folder()
  const server = await startTestServer({ FLAGHOIST_DATA_DIR: dataDir })
  for (const key of INSTANCES) await server.ask('POST', 'instances', { body: { key } })
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  const keys = new Map<string, string>()
  for (const key of INSTANCES) keys.set(key, await server.makeKey('server', `production/${key}`))
  await server[Symbol.asyncDispose]()
  return { dataDir, keys }
}

/** Serves users of an instance until the signal ends it. The new path of initech is broken. */
async function serve(url: string, [instance, key]: readonly [string, string], signal: AbortSignal) {
  const flags = createFlags({ url, key })
  signal.addEventListener('abort', () => void flags.close())
  await flags.ready()
  while (!signal.aborted) {
    for (let i = 0; i < 150; i += 1) {
      const mine = flags.for({ targetingKey: randomUUID() })
      if (mine.isEnabled('search') && instance === 'initech') mine.error(new Error('broken'))
    }
    await flags.flush()
    await sleep(50)
  }
}

interface Disturbance {
  readonly dataDir: string
  readonly keys: ReadonlyMap<string, string>
  /** Returns the time until a kill, ms; undefined for none. */
  readonly killAfter: (newest: Change) => number | undefined
}

/** Runs the rollout to its end, with a new server after each kill. */
async function runToEnd({ dataDir, keys, killAfter }: Disturbance): Promise<ProjectState> {
  const origin = String(Date.now())
  const environment = {
    FLAGHOIST_DATA_DIR: dataDir,
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
    FAST_CLOCK_FACTOR: String(FACTOR),
    FAST_CLOCK_ORIGIN: origin,
  }
  for (let isOver = false; !isOver; ) {
    const server = runNode(['--import', FAST_CLOCK, MAIN], environment)
    const url = await server.url()
    await post(`${url}/api/v1/projects/default/rollouts`)
    const ending = new AbortController()
    const serving = [...keys].map((one) => serve(url, one, ending.signal).catch(() => undefined))
    const database = new DatabaseSync(join(dataDir, 'flaghoist.db'), { readOnly: true })
    const newest = database.prepare('SELECT change FROM changes ORDER BY seq DESC LIMIT 1')
    for (let delay: number | undefined; delay === undefined; await sleep(delay ?? 1)) {
      const change = JSON.parse(String(newest.get()!.change)) as Change
      isOver = change.action === 'rollout.end'
      delay = isOver ? 0 : killAfter(change)
    }
    database.close()
    server.child.kill(isOver ? 'SIGTERM' : 'SIGKILL')
    await server.exited
    ending.abort()
    await Promise.all(serving)
  }
  const { projects, stores } = await openShop(openSqliteStores(dataDir))
  const { state } = projects.get('default')
  await stores.close()
  return state
}

/** Starts the rollout, unless that has happened. */
async function post(url: string): Promise<void> {
  const body = { key: 'r1', flag: 'search', environment: 'production', plan: PLAN }
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).text()
}

function outcomeOf(state: ProjectState) {
  const own = [...(state.runs.get('r1')?.values() ?? [])]
  const runs = own.map(({ scope, state: name, wave, step, attempt }) => [
    scope,
    ...[name, wave, step, attempt],
  ])
  return {
    status: state.rollouts.get('r1')?.status,
    runs: runs.sort(),
    rulesets: rulesetsOf(state, 'default'),
  }
}

/** Kills once after each kind of change of each scope: a hold of an outage may come again. */
function onceEach(seed: number) {
  const { uniform } = randomOf(seed)
  const seen = new Set<string>()
  return ({ actor, action, edits }: Change): number | undefined => {
    const name = `${action} ${edits.map(({ key }) => key).join()}`
    if (actor.id !== 'rollouts' || seen.has(name)) return undefined
    seen.add(name)
    return uniform() < 0.5 ? 0 : uniform() * MAX_DELAY_MS
  }
}

test(
  'kills after every change of a rollout lead to the states of an undisturbed one',
  async ({ annotate }) => {
    const { dataDir, keys } = await givenFolder()
    const copy = () => {
      const target = folder()
      cpSync(dataDir, target, { recursive: true })
      return target
    }
    const wanted = await runToEnd({ dataDir: copy(), keys, killAfter: () => undefined })
    expect(outcomeOf(wanted)).toMatchObject({
      status: 'completed-with-exceptions',
      runs: [
        ['production', 'done', 1, 0, 1],
        ['production/acme', 'done', 0, 0, 1],
        ['production/initech', 'quarantined', 0, 0, 1],
      ],
    })

    for (let seed = 1; seed <= RUNS; seed += 1) {
      let kills = 0
      const decideKill = onceEach(seed)
      const killAfter = (newest: Change) => {
        const delay = decideKill(newest)
        kills += Number(delay !== undefined)
        return delay
      }
      const state = await runToEnd({ dataDir: copy(), keys, killAfter })

      expect(outcomeOf(state)).toEqual(outcomeOf(wanted))
      expect(kills).toBeGreaterThanOrEqual(7)
      await annotate(`seed ${seed}: ${kills} kills, ${state.version} changes`)
    }
  },
  30_000 + RUNS * 90_000,
)
