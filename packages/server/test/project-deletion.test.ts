import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFlags } from '@flaghoist/node'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { verifyDatabase } from '../src/backup/verify-database.ts'
import { makeChange, makeReceipt } from '../src/stores/change-log.contract.ts'
import type { BatchExposure } from '../src/stores/event-store.ts'
import { openSqliteStores } from '../src/stores/sqlite/sqlite-stores.ts'
import { startOfMinute } from '../src/time.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flaghoist-deletion-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const writer = fileURLToPath(new URL('deletion-writer.ts', import.meta.url))
const SHOP = '/api/v1/projects/shop'
const DELETE_SHOP = `${SHOP}?confirm=shop&reason=It+was+a+trial`
const RULESET = '/sdk/v1/ruleset'

const makeKey = async ({ ask }: TestServer, body: object) =>
  (await ask<{ id: string; secret: string }>('POST', `${SHOP}/keys`, { body })).body

/** Creates the project `shop` with a flag that is on, and returns the secret of a server key. */
async function createShop(server: TestServer): Promise<string> {
  await server.ask('POST', '/api/v1/projects', { body: { key: 'shop' } })
  await server.ask('POST', `${SHOP}/flags`, { body: { key: 'theme' } })
  await server.ask('PATCH', `${SHOP}/flags/theme/layers/production`, { body: { on: true } })
  return (await makeKey(server, { name: 'web', kind: 'server', scope: 'production' })).secret
}

async function givenShop(settings: Readonly<Record<string, string>> = {}) {
  const server = await startTestServer(settings)
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= server.server.close()
    return closing
  }
  onTestFinished(close)
  return { server, key: await createShop(server), close }
}

describe('a project that is deleted', () => {
  test('is gone with its keys, and its streams end with a hint when to reconnect', async () => {
    const { server, key } = await givenShop()
    const stream = await openStreamClient(server.url, key)
    await stream.until('the ruleset has come', () => stream.ruleset !== undefined)
    const { body: before } = await server.ask('GET', SHOP)

    const { status, body } = await server.ask('DELETE', DELETE_SHOP)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      deleted: 'shop',
      version: before.version,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    await stream.until('it has ended', () => stream.isClosed)
    expect(stream.retries).toHaveLength(2)
    expect((await server.ask('GET', RULESET, { key })).body.code).toBe('KEY_UNKNOWN')
    for (const path of [SHOP, `${SHOP}/flags`, `${SHOP}/export`, `${SHOP}/changes`])
      expect((await server.ask('GET', path)).body.code).toBe('PROJECT_NOT_FOUND')
    expect((await server.ask('DELETE', DELETE_SHOP)).body.code).toBe('PROJECT_NOT_FOUND')
    const { body: list } = await server.ask<{ items: object[] }>('GET', '/api/v1/projects')
    expect(list.items).toMatchObject([{ key: 'default' }])
  })

  test('shares nothing with a later project of the same key', async () => {
    const { server, key } = await givenShop()
    const old = await server.ask<{ epoch: string; version: number; hash: string }>('GET', RULESET, {
      key,
    })
    const sdk = { id: crypto.randomUUID(), name: 'test/1' }
    const minute = startOfMinute(Date.now())
    const exposures = [
      { flag: 'theme', revision: 3, variant: 'on', reason: 'STATIC', minute, count: 4 },
    ]
    const batch = { id: crypto.randomUUID(), exposures, outcomes: [] }
    await server.ask('POST', '/sdk/v1/events', { key, body: { sdk, batch } })
    const { body: counted } = await server.ask('GET', `${SHOP}/exposures?interval=total`)
    expect(counted.items).toMatchObject([{ flag: 'theme', count: 4 }])
    const stream = await openStreamClient(server.url, key)
    await stream.until('the ruleset has come', () => stream.ruleset !== undefined)
    await server.ask('DELETE', DELETE_SHOP)

    const next = await createShop(server)

    expect((await server.ask('GET', RULESET, { key })).status).toBe(401)
    const { epoch, version, hash } = old.body
    const since = `${epoch}.${version}.${hash}`
    const etag = { 'if-none-match': old.headers.get('etag')! }
    const fresh = await server.ask<{ epoch: string }>('GET', `${RULESET}?since=${since}`, {
      key: next,
      headers: etag,
    })
    expect(fresh.status).toBe(200)
    expect(fresh.body.epoch).not.toBe(epoch)
    const resumed = await openStreamClient(server.url, next, { since })
    await resumed.until('something has come', () => resumed.events.length > 0)
    expect(resumed.events[0]).toMatchObject({ type: 'put' })
    resumed.close()
    for (const counts of ['exposures', 'outcomes'])
      expect((await server.ask('GET', `${SHOP}/${counts}?interval=total`)).body.items).toEqual([])
    await stream.until('the old stream has ended', () => stream.isClosed)
    const { body: report } = await server.ask<{ sdks: { id: string }[] }>(
      'GET',
      `${SHOP}/propagation`,
    )
    expect(report.sdks).toHaveLength(1)
  })

  test('is created again by a request that follows at once', async () => {
    const { server } = await givenShop()
    const create = () => server.ask('POST', '/api/v1/projects', { body: { key: 'shop' } })

    const [deleted, created] = await Promise.all([server.ask('DELETE', DELETE_SHOP), create()])

    expect(deleted.status).toBe(200)
    expect([201, 409]).toContain(created.status)
    expect((await server.ask('GET', SHOP)).status).toBe(created.status === 201 ? 200 : 404)
  })

  test('leaves its SDKs the last ruleset, and sends them the reason', async () => {
    const { server, key } = await givenShop()
    const cacheDir = mkdtempSync(join(scratch, 'cache-'))
    const options = { url: server.url, cacheDir, cacheName: 'web' }
    const flags = createFlags({ ...options, key })
    onTestFinished(() => flags.close())
    expect(await flags.ready()).toEqual({ status: 'live' })
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warn.mockRestore())

    await expect.poll(() => readdirSync(cacheDir).length).toBeGreaterThan(0)
    await server.ask('DELETE', DELETE_SHOP)
    await vi.waitUntil(() => flags.status().lastError?.code === 'KEY_UNKNOWN', { timeout: 15_000 })

    expect(flags.isEnabled('theme', {})).toBe(true)
    expect(flags.status()).toMatchObject({ transport: 'none' })
    expect(flags.status().lastError?.message).toContain('its project was deleted')
    await createShop(server)
    await server.ask('PATCH', `${SHOP}/flags/theme/layers/production`, { body: { on: false } })
    const { secret } = await makeKey(server, { name: 'x', kind: 'server', scope: 'production' })
    const later = createFlags({ ...options, key: secret })
    onTestFinished(() => later.close())
    expect(later.isEnabled('theme', {})).toBe(true) // From the cache, which has the same name.
    await expect.poll(() => later.isEnabled('theme', {})).toBe(false)
  })
})

describe('the deletion of a project', () => {
  test.for([
    ['without a confirmation', '', 'CONFIRMATION_REQUIRED'],
    ['with the confirmation of another', '?confirm=default', 'CONFIRMATION_REQUIRED'],
    ['with an unknown member', '?confirm=shop&force=true', 'REQUEST_INVALID'],
  ] as const)('is refused %s', async ([, query, code]) => {
    const { server, key } = await givenShop()

    const { body } = await server.ask('DELETE', SHOP + query)

    expect(body).toMatchObject({ status: 400, code })
    expect((await server.ask('GET', RULESET, { key })).status).toBe(200)
  })

  test.for([
    ['an admin key of the project', { kind: 'admin' }, 403, 'PROJECT_KEY_REQUIRED'],
    [
      'an admin key of a scope',
      { kind: 'admin', scope: 'production' },
      403,
      'PROJECT_KEY_REQUIRED',
    ],
    ['a server key', { kind: 'server' }, 403, 'KEY_KIND_FORBIDDEN'],
    ['a client key', { kind: 'client', scope: 'production' }, 403, 'KEY_KIND_FORBIDDEN'],
  ] as const)('is refused to %s', async ([, kind, status, code]) => {
    const { server } = await givenShop()
    const { secret: key } = await makeKey(server, { name: 'one', ...kind })

    expect((await server.ask('DELETE', DELETE_SHOP, { key })).body).toMatchObject({ status, code })
    expect((await server.ask('GET', SHOP)).status).toBe(200)
  })

  test('is refused while its log holds a key of all projects, and its hint works', async () => {
    const folder = mkdtempSync(join(scratch, 'data-'))
    const { server, close } = await givenShop({ FLAGHOIST_DATA_DIR: folder })
    const { ask } = server
    const remove = (key: string) =>
      ask('DELETE', '/api/v1/projects/default?confirm=default', { key })
    const { body: held } = await ask<{ items: { id: string }[] }>('GET', 'keys')

    const { body: refused } = await remove(ADMIN_KEY)
    const admin = { name: 'next', kind: 'admin', allProjects: true }
    const { secret: next } = await makeKey(server, admin)
    await ask('DELETE', `keys/${held.items[0]!.id}`, { key: next })
    const deleted = await remove(next)
    await close()
    await using again = await startTestServer({ FLAGHOIST_DATA_DIR: folder })

    expect(refused).toMatchObject({ status: 409, code: 'PROJECT_HOLDS_KEYS' })
    expect(refused.detail).toContain(held.items[0]!.id)
    expect(deleted.status).toBe(200)
    for (const key of [next, ADMIN_KEY])
      expect((await again.ask('GET', '/api/v1/projects', { key })).body).toMatchObject({
        items: [{ key: 'shop' }],
      })
  })

  test('leaves a data folder that is intact, and a recorded head shows that a log is missing', async () => {
    const folder = mkdtempSync(join(scratch, 'data-'))
    const { server, close } = await givenShop({ FLAGHOIST_DATA_DIR: folder })
    const { body: deleted } = await server.ask<{ hash: string }>('DELETE', DELETE_SHOP)
    const copy = `${folder}-copy`
    await close()
    cpSync(folder, copy, { recursive: true })

    const verify = (heads: string[]) => verifyDatabase(join(copy, 'flaghoist.db'), heads)

    expect((await verify([])).isIntact).toBe(true)
    const { isIntact, lines } = await verify([deleted.hash])
    expect(isIntact).toBe(false)
    expect(lines.at(-1)).toContain(deleted.hash)
  })
})

/** A data folder whose project `shop` has changes, receipts, counts and uses of keys. */
async function fillFolder(): Promise<string> {
  const folder = mkdtempSync(join(scratch, 'filled-'))
  const { log, events, keyUsage, close } = openSqliteStores(folder)
  const shop = await log.create('shop')
  for (let seq = 1; seq <= 300; seq += 1)
    await log.append(shop, makeChange(seq, 'x'.repeat(20_000)), { receipt: makeReceipt(`k${seq}`) })
  const exposures = Array.from({ length: 100 }, (_, i) => ({
    ...{ flag: `flag-${i}`, scope: 'production', revision: 1, attempt: 1, variant: 'on' },
    ...{ arm: '', split: '' },
    ...{ reason: 'STATIC', minute: 0, count: 1, units: [] },
  })) as BatchExposure[]
  for (let i = 0; i < 100; i += 1)
    await events.add('shop', { id: `b${i}`, at: 0, exposures, outcomes: [], maxMetrics: 1 })
  await keyUsage.record('shop', new Map([['k', 5]]))
  await close()
  return folder
}

/** The numbers of rows that a data folder holds for `shop`. */
async function rowsOf(folder: string) {
  const stores = openSqliteStores(folder)
  const { log, events, keyUsage } = stores
  const all = { from: 0, to: 1, stepMs: Number.POSITIVE_INFINITY, limit: 1_000 }
  const rows = {
    heads: (await log.heads()).length,
    changes: (await log.read('shop', 0, 1_000)).length,
    receipts: (await log.receipt('shop', 'k300')) === undefined ? 0 : 1,
    exposures: (await events.exposures('shop', all)).length,
    uses: (await keyUsage.lastUses('shop')).size,
  }
  await stores.close()
  return rows
}

test('a crash during the deletion leaves the whole project, or nothing of it', async ({
  annotate,
}) => {
  const filled = await fillFolder()
  const ends = { whole: 0, nothing: 0 }
  for (let round = 0; round < 8; round += 1) {
    const folder = join(scratch, `round-${round}`)
    cpSync(filled, folder, { recursive: true })
    const child = spawn(
      process.execPath,
      ['--conditions=@flaghoist/source', '--disable-warning=ExperimentalWarning', writer, folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    const gone = once(child, 'close')
    setTimeout(() => child.kill('SIGKILL'), 2 * round)
    await gone

    const rows = await rowsOf(folder)

    const isWhole = rows.heads === 1
    ends[isWhole ? 'whole' : 'nothing'] += 1
    const whole = { heads: 1, changes: 300, receipts: 1, exposures: 100, uses: 1 }
    const nothing = { heads: 0, changes: 0, receipts: 0, exposures: 0, uses: 0 }
    expect(rows).toEqual(isWhole ? whole : nothing)
  }
  await annotate(JSON.stringify(ends))
}, 60_000)
