import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Ruleset } from '@flaghoist/core'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { previousVersion } from '../../../test-support/previous-version.ts'
import { SCHEMA_VERSION } from '../src/stores/sqlite/sqlite-schema.ts'
import { startOfMinute } from '../src/time.ts'
import { ADMIN_KEY } from './http-server.ts'
import { folder, runNode } from './server-process.ts'

/** The root of a version: of this checkout, or of the previous version. */
type Root = string
const OURS: Root = fileURLToPath(new URL('../../..', import.meta.url))
let previous: Root = ''

beforeAll(() => {
  previous = previousVersion()
})

/** A server of some version, as a process. */
async function startServer(root: Root, dataDir: string) {
  const main = join(root, 'packages/server/src/main.ts')
  const settings = { FLAGHOIST_DATA_DIR: dataDir, FLAGHOIST_ADMIN_KEY: ADMIN_KEY }
  const server = runNode([main], settings)
  const url = await server.url()
  const ask = async (method: string, path: string, body?: object, idempotencyKey?: string) => {
    const response = await fetch(`${url}/api/v1/projects/default/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/json',
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const etag = response.headers.get('etag')
    const answer = (await response.json()) as Record<string, unknown>
    return { status: response.status, body: answer, etag }
  }
  return {
    url,
    ask,
    async stop() {
      server.child.kill('SIGTERM')
      expect(await server.exited).toBe(0)
    },
  }
}

type Server = Awaited<ReturnType<typeof startServer>>

/** Creates a flag that is on for everybody, a flag with a split, and a key. */
async function givenFlag({ ask }: Server): Promise<string> {
  await ask('POST', 'flags', { key: 'new-checkout' })
  const rollout = { percent: 100, serve: { variant: 'on' } }
  const layer = { on: true, fallthrough: { variant: 'off' }, rollout }
  expect(await ask('PUT', 'flags/new-checkout/layers/production', layer)).toMatchObject({
    status: 200,
  })
  await ask('POST', 'flags', { key: 'price' })
  const weights = { on: 50_000, off: 50_000 }
  const split = { on: true, fallthrough: { weights } }
  expect(await ask('PUT', 'flags/price/layers/production', split)).toMatchObject({ status: 200 })
  const key = await ask('POST', 'keys', { name: 'SDK', kind: 'server', scope: 'production' })
  return String(key.body.secret)
}

/** The body of a kill and of its restore, with all that any version requires. */
const KILL = { scopes: ['production'], reason: 'Because.' }

interface Said {
  readonly state: string
  readonly version?: number
  readonly isOn: boolean
}

/** Reports an exposure and an outcome of some units of a rollout for everybody. */
async function report({ url }: Server, key: string, revision: number, units: readonly string[]) {
  const minute = startOfMinute(Date.now())
  const cell = { flag: 'new-checkout', variant: 'on', arm: 'treatment', revision, minute }
  const exposure = { ...cell, reason: 'SPLIT', count: units.length, units }
  const outcome = { ...cell, metric: 'ms', units, buckets: units.map(() => 7) }
  const batch = { id: crypto.randomUUID(), exposures: [exposure], outcomes: [outcome] }
  const response = await fetch(`${url}/sdk/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ sdk: { id: 'a-test', name: 'a-test/1' }, batch }),
  })
  expect(response.status).toBe(202)
}

/** The counts of units of the rollout. */
async function unitCounts({ ask }: Server) {
  const lists = ['exposures', 'outcomes'].map(async (kind) => {
    const { body } = await ask('GET', `${kind}?flag=new-checkout&interval=total`)
    return (body.items as { arm: string; units: number }[]).filter(({ arm }) => arm !== '')
  })
  return await Promise.all(lists)
}

/** A process with an SDK of some version. */
function startClient(root: Root, options: object) {
  const program = fileURLToPath(new URL('version-client.ts', import.meta.url))
  const sdk = pathToFileURL(join(root, 'packages/sdk-node/src/index.ts')).href
  const child = spawn(
    process.execPath,
    ['--conditions=@flaghoist/source', program, sdk, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  const said = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line): Said | { warning: string } => JSON.parse(line))
  return {
    said,
    /** Waits until the SDK says something. */
    async says(wanted: object) {
      await expect
        .poll(() => said().at(-1), { timeout: 20_000, interval: 20 })
        .toMatchObject(wanted)
    },
    async stop() {
      const gone = once(child, 'close')
      child.stdin.end()
      await gone
    },
  }
}

describe.for([
  { server: 'this', sdk: 'the previous', roots: () => [OURS, previous] as const },
  { server: 'the previous', sdk: 'this', roots: () => [previous, OURS] as const },
])('a server of $server version and an SDK of $sdk version', { timeout: 90_000 }, ({ roots }) => {
  test('work together: rulesets, kills, reports, confirmations and a restart', async () => {
    const dataDir = folder()
    const [serverRoot, sdkRoot] = roots()
    const server = await startServer(serverRoot, dataDir)
    const key = await givenFlag(server)
    const options = { url: server.url, key, cacheDir: folder() }
    const client = startClient(sdkRoot, options)
    await client.says({ state: 'live', isOn: true })

    await server.ask('POST', 'flags/new-checkout/kill', KILL)
    await client.says({ state: 'live', isOn: false })
    await server.ask('POST', 'flags/new-checkout/restore', KILL)
    await client.says({ state: 'live', isOn: true })

    const { version } = client.said().at(-1) as Said
    await expect
      .poll(async () => (await server.ask('GET', `propagation?seq=${version}`)).body, {
        timeout: 20_000,
      })
      .toMatchObject({ confirmed: 1 })
    await client.stop()
    const sums = async (kind: string) =>
      (await server.ask('GET', `${kind}?interval=total`)).body.items as Record<string, unknown>[]
    const exposed = (await sums('exposures')).map(({ flag, arm }) => `${flag} ${arm}`)
    expect(exposed).toContain('new-checkout treatment')
    expect(exposed.join()).toContain('price')
    const outcomes = (await sums('outcomes')).map(({ flag, metric }) => `${flag} ${metric}`)
    expect(outcomes).toContain('new-checkout clicks')
    expect(client.said().filter((one) => 'warning' in one)).toEqual([])
    await server.stop()
  })
})

test('an SDK of the previous version serves a rule with hashed values', {
  timeout: 60_000,
}, async () => {
  const server = await startServer(OURS, folder())
  // The program asks for both flags.
  for (const key of ['new-checkout', 'price'])
    await server.ask('POST', 'flags', { key, clientVisible: true })
  const clause = { attribute: 'email', op: 'in', values: ['ada@shop.example'], hashed: true }
  const rules = [{ id: 'r', when: [[clause]], serve: { variant: 'on' } }]
  const layer = { on: true, rules }
  expect(await server.ask('PUT', 'flags/new-checkout/layers/production', layer)).toMatchObject({
    status: 200,
  })
  for (const kind of ['server', 'client']) {
    const made = await server.ask('POST', 'keys', { name: 'SDK', kind, scope: 'production' })
    const client = startClient(previous, { url: server.url, key: String(made.body.secret) })
    await client.says({ state: 'live', isOn: true })
    await client.stop()
  }
  await server.stop()
})

test('a cache of either version is read by the other one', { timeout: 60_000 }, async () => {
  const server = await startServer(OURS, folder())
  const key = await givenFlag(server)
  const cacheDir = folder()
  const options = { url: server.url, key, cacheDir }
  for (const [writer, reader] of [
    [previous, OURS],
    [OURS, previous],
  ] as const) {
    const first = startClient(writer, options)
    await first.says({ state: 'live', isOn: true })
    await first.stop()
    expect(readdirSync(cacheDir).length).toBeGreaterThan(0)

    const second = startClient(reader, options)
    await second.says({ state: 'live' })
    expect(second.said()[0]).toMatchObject({ state: 'cached', isOn: true })
    await second.stop()
  }
  await server.stop()
})

describe('a data folder', { timeout: 90_000 }, () => {
  test('of the previous version is opened with everything that it holds', async () => {
    const dataDir = folder()
    const before = await startServer(previous, dataDir)
    const key = await givenFlag(before)
    const headers = { authorization: `Bearer ${key}` }
    const served = await fetch(`${before.url}/sdk/v1/ruleset`, { headers })
    const { revision } = ((await served.json()) as Ruleset).flags['new-checkout']!
    const [ada, bob] = ['00000000000000aa', 'ffffffffffffffbb'] as const
    await report(before, key, revision, [ada])
    const counts = await unitCounts(before)
    const created = await before.ask('POST', 'flags', { key: 'theme' }, 'once')
    await before.ask('POST', 'flags/new-checkout/kill', KILL)
    const log = (await before.ask('GET', 'changes')).body.items
    await before.stop()

    const after = await startServer(OURS, dataDir)

    expect((await after.ask('GET', 'changes')).body.items).toEqual(log)
    expect(await after.ask('POST', 'flags', { key: 'theme' }, 'once')).toEqual(created)
    expect(counts).toMatchObject([[{ units: 1 }], [{ units: 1 }]])
    expect(await unitCounts(after)).toMatchObject(counts)
    await report(after, key, revision, [ada, bob])
    expect(await unitCounts(after)).toMatchObject([[{ units: 2 }], [{ units: 2 }]])
    const client = startClient(OURS, { url: after.url, key })
    await client.says({ state: 'live', isOn: false })
    expect(await after.ask('POST', 'flags/new-checkout/restore', KILL)).toMatchObject({
      status: 200,
    })
    await client.says({ isOn: true })
    await client.stop()
    await after.stop()
  })

  test('of a server that was killed is opened as well', async () => {
    const dataDir = folder()
    const before = await startServer(previous, dataDir)
    await givenFlag(before)
    const crashed = folder()
    cpSync(dataDir, crashed, { recursive: true })

    const after = await startServer(OURS, crashed)

    expect(await after.ask('GET', 'flags/new-checkout')).toMatchObject({ status: 200 })
  })

  test('of this version is refused by the previous one in a sentence', async () => {
    const dataDir = folder()
    await (await startServer(OURS, dataDir)).stop()

    const main = join(previous, 'packages/server/src/main.ts')
    const downgraded = runNode([main], { FLAGHOIST_DATA_DIR: dataDir })

    expect(await downgraded.exited).toBe(1)
    expect(downgraded.output()).toContain(
      `it was written by a newer Flaghoist (schema ${SCHEMA_VERSION})`,
    )
    await (await startServer(OURS, dataDir)).stop()
  })

  test('that a server of either version uses is refused by the other one', async () => {
    for (const [first, second] of [
      [previous, OURS],
      [OURS, previous],
    ] as const) {
      const dataDir = folder()
      await startServer(first, dataDir)
      const rival = runNode([join(second, 'packages/server/src/main.ts')], {
        FLAGHOIST_DATA_DIR: dataDir,
      })

      expect(await rival.exited).toBe(1)
      expect(rival.output()).toContain('Another server uses the data folder')
    }
  })
})
