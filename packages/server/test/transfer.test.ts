import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createFlags } from '@flaghoist/node'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { freePort } from '../../../test-support/free-port.ts'
import { verifyRedis } from '../src/backup/verify-redis.ts'
import { loadConfig } from '../src/config.ts'
import { openRedisForCommand } from '../src/stores/open-stores.ts'
import { parseRedisUrl } from '../src/stores/redis/redis-url.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { restoreProjects, transferProjects } from '../src/transfer/copy-projects.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { folder, run } from './server-process.ts'

/** A place that holds projects: the settings of its servers, and the arguments that name it. */
interface Place {
  readonly settings: Readonly<Record<string, string>>
  readonly source: readonly string[]
}

const SECRET = { FLAGHOIST_SECRET: 'a secret that all servers share, for tests' }

function givenFolder(): Place {
  const dataDir = folder()
  return {
    settings: { ...SECRET, FLAGHOIST_DATA_DIR: dataDir },
    source: [join(dataDir, 'flaghoist.db')],
  }
}

function givenRedis(kind: 'standalone' | 'cluster' = 'standalone'): Place {
  const [url, prefix] = [inject('redisUrls')[kind], randomUUID()]
  return {
    settings: { ...SECRET, FLAGHOIST_REDIS_URL: url, FLAGHOIST_REDIS_PREFIX: prefix },
    source: [url, '--prefix', prefix],
  }
}

/** Runs a command as operators do. */
async function command(settings: Place['settings'], ...args: readonly string[]) {
  const child = run(settings, ...args)
  return { code: await child.exited, output: child.output() }
}

/** Copies projects within this process, which is faster. */
async function copy(
  copyProjects: typeof transferProjects,
  { settings }: Place,
  [source, _, prefix = '']: Place['source'],
  projects: readonly string[] = [],
): Promise<string> {
  const lines = await copyProjects(loadConfig(settings), { source: source!, prefix, projects })
  return lines.join('\n')
}

/** A flag with a rollout and a flag with a split, whose units the buckets decide about. */
async function givenShop(server: TestServer) {
  const variants = ['red', 'green', 'blue'].map((value) => ({ key: value, value }))
  const percent = { red: 50, green: 30, blue: 20 }
  const writes = [
    ['POST', 'flags', { key: 'checkout' }],
    ['PUT', 'flags/checkout/layers/production', { on: true, rollout: { percent: 37 } }],
    ['POST', 'flags', { key: 'colour', type: 'string', variants }],
    ['PUT', 'flags/colour/layers/production', { on: true, fallthrough: { percent } }],
  ] as const
  for (const [method, path, body] of writes)
    expect([200, 201]).toContain((await server.ask(method, path, { body })).status)
  return server.makeKey('server', 'production')
}

const idempotent = (server: TestServer) =>
  server.ask('POST', 'flags', {
    body: { key: 'once' },
    headers: { 'idempotency-key': 'a-key-of-a-client' },
  })

interface Count {
  readonly count: number
  readonly units: number
}

async function counts(server: TestServer): Promise<readonly Count[]> {
  return (await server.ask<{ items: Count[] }>('GET', 'exposures')).body.items
}

/** Random contexts, and the variants that an SDK with a key evaluates for them. */
async function variantsOf(url: string, key: string): Promise<readonly unknown[]> {
  const flags = createFlags({ url, key })
  await flags.ready()
  const contexts = fc.sample(fc.record({ targetingKey: fc.string({ minLength: 1 }) }), {
    numRuns: 500,
    seed: 7,
  })
  const variants = contexts.map((context) => [
    flags.isEnabled('checkout', context),
    flags.value('colour', 'none', context),
  ])
  await flags.close()
  return variants
}

describe('flaghoist-server transfer', { timeout: 60_000 }, () => {
  test.for<[string, string, () => Place, () => Place]>([
    ['a data folder', 'Redis', givenFolder, givenRedis],
    ['Redis', 'a data folder', givenRedis, givenFolder],
    ['Redis', 'a Redis Cluster', givenRedis, () => givenRedis('cluster')],
  ])(
    'moves a project from %s to %s, and no unit changes its variant',
    async ([, , makeSource, makeTarget]) => {
      const [source, target] = [makeSource(), makeTarget()]
      const port = String(await freePort())
      const old = await startTestServer({ ...source.settings, FLAGHOIST_PORT: port })
      const key = await givenShop(old)
      const created = await idempotent(old)
      const before = await variantsOf(old.url, key)
      const ruleset = await old.ask('GET', '/sdk/v1/ruleset', { key })
      const counted = await counts(old)
      const head = await old.ask('GET', 'head')
      const flags = createFlags({ url: old.url, key })
      onTestFinished(() => flags.close())
      await flags.ready()
      await old.server.close()

      const output = await copy(transferProjects, target, source.source)
      expect(output).toMatch(/"default" was copied: \d+ changes, [1-9]\d* units, 0 notices/)
      expect(output).toContain(`has the hash ${head.body.hash}`)

      await using moved = await startTestServer({ ...target.settings, FLAGHOIST_PORT: port })
      const again = await moved.ask('GET', '/sdk/v1/ruleset', { key })
      expect([again.body, again.headers.get('etag')]).toEqual([
        ruleset.body,
        ruleset.headers.get('etag'),
      ])
      const retried = await idempotent(moved)
      expect(retried.body).toEqual(created.body)
      for (const name of ['etag', 'location', 'flaghoist-change'])
        expect(retried.headers.get(name)).toBe(created.headers.get(name))
      expect(await counts(moved)).toEqual(counted)
      expect(await variantsOf(moved.url, key)).toEqual(before)
      // The same people again: each is known.
      const units = (rows: readonly Count[]) => rows.reduce((sum, row) => sum + row.units, 0)
      expect(units(await counts(moved))).toBe(units(counted))
      expect(units(counted)).toBeGreaterThan(0)
      await vi.waitUntil(() => flags.status().state === 'live', { timeout: 10_000 })
      await moved.ask('POST', 'flags/checkout/kill', { body: { reason: 'It breaks' } })
      const ids = fc.sample(fc.string(), 50)
      await vi.waitUntil(
        () => ids.every((id) => !flags.isEnabled('checkout', { targetingKey: id })),
        { timeout: 10_000 },
      )
    },
  )

  test('moves notices that are not sent yet, and none is sent twice', async () => {
    const [source, target] = [givenFolder(), givenRedis()]
    const old = await startTestServer(source.settings)
    const receiver = { channel: 'webhook', url: 'https://receiver.invalid/hook' }
    await old.ask('POST', 'subscriptions', { body: { key: 'ops', ...receiver } })
    await old.ask('POST', 'flags', { body: { key: 'checkout' } })
    await old.ask('POST', 'flags/checkout/kill', { body: { reason: 'It breaks' } })
    const idsOf = async (server: TestServer) => {
      const path = 'subscriptions/ops/deliveries'
      const { body } = await server.ask<{ items: { id: string }[] }>('GET', path)
      return body.items.map(({ id }) => id)
    }
    await expect.poll(() => idsOf(old)).toHaveLength(1)
    const ids = await idsOf(old)
    await old.server.close()

    expect(await copy(transferProjects, target, source.source)).toContain('1 notices')

    await using moved = await startTestServer(target.settings)
    await moved.ask('POST', 'flags', { body: { key: 'later' } })
    expect(await idsOf(moved)).toEqual(ids)
  })

  test('begins anew after it was interrupted, and nothing is served meanwhile', async () => {
    const [source, target] = [givenFolder(), givenFolder()]
    const old = await startTestServer(source.settings)
    const key = await givenShop(old)
    const { body: ruleset } = await old.ask('GET', '/sdk/v1/ruleset', { key })
    await old.server.close()
    const from = openSqliteStores(source.settings.FLAGHOIST_DATA_DIR!)
    const to = openSqliteStores(target.settings.FLAGHOIST_DATA_DIR!)
    const [head] = await from.log.heads()
    await to.log.create('default', head!.epoch)
    await to.log.fill(head!, await from.log.read('default', 0, 3))
    await Promise.all([from.close(), to.close()])

    {
      await using half = await startTestServer(target.settings)
      expect(half.server.problems).toMatchObject([{ code: 'COPY_UNFINISHED' }])
      expect((await half.ask('GET', '/sdk/v1/ruleset', { key })).status).toBe(503)
    }
    await copy(transferProjects, target, source.source)

    await using moved = await startTestServer(target.settings)
    expect((await moved.ask('GET', '/sdk/v1/ruleset', { key })).body).toEqual(ruleset)
  })

  test('copies nothing if the target has one of the projects, and names the others', async () => {
    const [source, target] = [givenFolder(), givenRedis()]
    {
      await using one = await startTestServer(source.settings)
      for (const key of ['bank', 'shop'])
        await one.ask('POST', '/api/v1/projects', { body: { key } })
    }
    await (await startTestServer(target.settings)).server.close()
    const transfer = (...args: readonly string[]) =>
      command(target.settings, 'transfer', ...source.source, ...args)

    const refused = await transfer()
    const misspelt = await transfer('bnak')
    const rest = await transfer('bank', 'shop')

    expect(refused.code).toBe(1)
    expect(refused.output).toMatch(/^The target already has projects of the source: default\. /)
    expect(refused.output).toContain('FLAGHOIST_REDIS_PREFIX to an empty target')
    expect(refused.output).toContain('name them after the source: bank shop.')
    expect(misspelt.code).toBe(1)
    expect(misspelt.output).toContain('has no project "bnak". Its projects: bank default shop.')
    expect(rest).toMatchObject({ code: 0, output: expect.stringContaining('"shop" was copied') })
  })

  test.for<[string, () => Place, RegExp]>([
    ['an empty Redis', givenRedis, /holds no project under the prefix "[^"]+"\. Check --prefix/],
    ['an empty database', givenFolder, /holds no project\. Name the database file/],
  ])('fails if there is nothing to copy in %s', async ([, makeSource, sentence]) => {
    const { settings, source } = makeSource()
    if (settings.FLAGHOIST_DATA_DIR !== undefined)
      await openSqliteStores(settings.FLAGHOIST_DATA_DIR).close()

    const { code, output } = await command(givenFolder().settings, 'transfer', ...source)

    expect(code).toBe(1)
    expect(output).toMatch(sentence)
  })

  test.for([
    ['a data folder', givenFolder, 'STORE_LOCKED'],
    ['Redis', givenRedis, 'REDIS_IN_USE'],
    ['a Redis Cluster', () => givenRedis('cluster'), 'REDIS_IN_USE'],
  ] as const)('refuses %s that a server uses', async ([, makeSource, code]) => {
    const source = makeSource()
    await using _ = await startTestServer(source.settings)

    const refused = copy(transferProjects, givenFolder(), source.source)

    await expect(refused).rejects.toMatchObject({ code })
  })

  test.for<[string, readonly string[], RegExp]>([
    ['no source', [], /Name a database file or the URL of a Redis/],
    ['a file that does not exist', ['/nowhere/flaghoist.db'], /there is no file/],
  ])('says what is wrong with %s', async ([, args, sentence]) => {
    const { code, output } = await command(givenFolder().settings, 'transfer', ...args)
    expect(code).toBe(1)
    expect(output).toMatch(sentence)
    expect(output).not.toMatch(/\n\s+at /)
  })
})

describe('flaghoist-server restore', { timeout: 60_000 }, () => {
  test.for<[string, () => Place]>([
    ['a data folder', givenFolder],
    ['Redis', givenRedis],
  ])('restores a backup to %s under a new epoch, and SDKs take it', async ([, makeTarget]) => {
    const [source, target] = [givenFolder(), makeTarget()]
    const port = String(await freePort())
    const old = await startTestServer({ ...source.settings, FLAGHOIST_PORT: port })
    const key = await givenShop(old)
    const backup = join(folder(), 'backup.db')
    expect((await command(source.settings, 'backup', backup)).code).toBe(0)
    const before = await old.ask('GET', '/sdk/v1/ruleset', { key })
    await old.ask('POST', 'flags/colour/kill', { body: { reason: 'It breaks' } })
    const flags = createFlags({ url: old.url, key })
    onTestFinished(() => flags.close())
    await flags.ready()
    expect(flags.value('colour', 'none', { targetingKey: 'ada' })).toBe('none')
    await old.server.close()

    await copy(restoreProjects, target, [backup])

    await using restored = await startTestServer({ ...target.settings, FLAGHOIST_PORT: port })
    const after = await restored.ask('GET', '/sdk/v1/ruleset', { key })
    const { epoch, ...rest } = after.body
    expect(epoch).not.toBe(before.body.epoch)
    expect({ ...rest, epoch: before.body.epoch }).toEqual(before.body)
    await vi.waitUntil(() => flags.value('colour', 'none', { targetingKey: 'ada' }) !== 'none', {
      timeout: 10_000,
    })
    expect(flags.status()).toMatchObject({ state: 'live', version: before.body.version })
    await restored.ask('POST', 'flags/colour/kill', { body: { reason: 'It breaks again' } })
    await vi.waitUntil(() => flags.value('colour', 'none', { targetingKey: 'ada' }) === 'none', {
      timeout: 10_000,
    })
  })
})

test('verify finds a change that was edited in Redis, and a head that is not there', async () => {
  const { settings } = givenRedis()
  const server = await startTestServer({ ...settings, FLAGHOIST_ADMIN_KEY: ADMIN_KEY })
  await givenShop(server)
  await server.server.close()
  const address = parseRedisUrl(settings.FLAGHOIST_REDIS_URL!)!
  const stores = await openRedisForCommand(address, settings.FLAGHOIST_REDIS_PREFIX!)
  onTestFinished(stores.close)
  const unknown = randomBytes(32).toString('hex')

  const sound = await command(settings, 'verify', '--head', unknown)
  const { version } = (await stores.log.head('default'))!
  const [last] = await stores.log.read('default', version - 1, 1)
  const forged = { ...last!, seq: version + 1, previousHash: last!.hash, reason: 'Forged.' }
  await stores.log.append((await stores.log.head('default'))!, forged)
  const damaged = await verifyRedis(address, loadConfig(settings), [])

  expect(sound.output).toContain(`change ${version} of`)
  expect([sound.code, sound.output]).toEqual([1, expect.stringContaining('No change has the')])
  expect(damaged).toEqual({
    isIntact: false,
    lines: [expect.stringContaining(`damaged at change ${version + 1}: its content`)],
  })
})
