import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'

const MIB = 1024 * 1024

/**
 * A data folder on a file system of its own, which only root can mount. Elsewhere the tests fail
 * rather than prove nothing.
 */
function smallDisk(bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder])
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Fills a disk to its last page. Returns a function that frees the space again. */
function fill(folder: string): () => void {
  const file = join(folder, 'filler')
  for (const size of [MIB, 64 * 1024, 4096])
    for (;;)
      try {
        writeFileSync(file, Buffer.alloc(size, 1), { flag: 'a' })
      } catch {
        break
      }
  return () => rmSync(file)
}

async function startOnDisk(folder: string, settings: Record<string, string> = {}) {
  const server = await startTestServer({
    FLAGHOIST_DATA_DIR: folder,
    FLAGHOIST_MIN_FREE_BYTES: '0',
    ...settings,
  })
  await server.ask('POST', 'flags', { body: { key: 'a' } })
  await server.ask('PUT', 'flags/a/layers/production', { body: { on: true } })
  return server
}

/** Reports one exposure, and returns the status of the answer. */
async function report(server: TestServer, key: string): Promise<number> {
  const { body } = await server.ask<{ flags: Record<string, { revision: number }> }>(
    'GET',
    '/sdk/v1/ruleset',
    { key },
  )
  const { revision } = body.flags.a!
  const exposure = { flag: 'a', variant: 'on', revision, reason: 'STATIC', minute: Date.now() }
  const batch = { id: crypto.randomUUID(), exposures: [{ ...exposure, count: 1 }], outcomes: [] }
  const sdk = { id: 'sdk-1', name: 'test/1' }
  const answer = await server.ask('POST', '/sdk/v1/events', { key, body: { sdk, batch } })
  return answer.status
}

const kill = (server: TestServer, reason: string) =>
  server.ask('POST', 'flags/a/kill', { body: { reason } })
const restore = (server: TestServer) => server.ask('POST', 'flags/a/restore', { body: {} })

describe('on a disk without a free byte', { timeout: 30_000 }, () => {
  test('kills and restores succeed, while other writes are rejected', async () => {
    const folder = smallDisk(8 * MIB)
    await using server = await startOnDisk(folder)
    fill(folder)

    const statuses: number[] = []
    for (let i = 0; i < 10; i += 1) {
      statuses.push((await kill(server, `Broken ${i}`)).status)
      statuses.push((await server.ask('POST', 'flags', { body: { key: `b${i}` } })).status)
      statuses.push((await restore(server)).status)
    }

    expect(statuses).toEqual(Array(10).fill([200, 503, 200]).flat())
    expect((await server.ask('GET', '/readyz')).body).toMatchObject({
      ready: true,
      writable: false,
    })
  })

  test('a kill outlasts the process, and everything works again once there is space', async () => {
    const folder = smallDisk(8 * MIB)
    const server = await startOnDisk(folder)
    const free = fill(folder)
    await kill(server, 'Broken')
    await server[Symbol.asyncDispose]()

    await using again = await startTestServer({ FLAGHOIST_DATA_DIR: folder })
    const { body } = await again.ask('GET', 'flags/a')
    expect(JSON.stringify(body)).toContain('Broken')
    free()

    const write = async () =>
      (await again.ask('PATCH', 'flags/a', { body: { owner: 'ada' } })).status
    await expect.poll(write).toBe(200)
    expect(statSync(join(folder, 'flaghoist.reserve')).size).toBe(MIB)
    expect((await again.ask('GET', '/readyz')).body).toMatchObject({ writable: true })
  })

  test('a kill beyond the reserve applies at once, and is committed when there is space', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    const folder = smallDisk(8 * MIB)
    await using server = await startOnDisk(folder)
    await server.ask('POST', 'flags', { body: { key: 'b' } })
    const free = fill(folder)
    const killB = () => server.ask<{ changed: object[] }>('POST', 'flags/b/kill')
    // A reason of the longest form uses the reserve up soon.
    const toggle = async () =>
      [(await kill(server, 'x'.repeat(1_000))).status, (await restore(server)).status].includes(503)
    for (let i = 0; i < 500; i += 1) if (await toggle()) break

    expect(await killB()).toMatchObject({ status: 202, body: { changed: [{ flag: 'b' }] } })
    expect(JSON.stringify((await server.ask('GET', 'flags/b')).body)).toContain('"killed"')
    free()

    await expect.poll(killB).toMatchObject({ status: 200 })
    const { body } = await server.ask<{ items: { action: string }[] }>('GET', 'changes')
    expect(body.items[0]).toMatchObject({ action: 'flag.kill' })
  })
})

/** Makes the database of a folder one of an earlier version, with 4 MiB more. */
function makeOld(folder: string): void {
  const database = new DatabaseSync(join(folder, 'flaghoist.db'))
  database.exec(`
    INSERT INTO receipts (project, key, fingerprint, status, body, at)
    VALUES ('other', 'k', 'f', 200, printf('%.*c', ${4 * MIB}, 'x'), ${Date.now()});
    PRAGMA auto_vacuum = NONE; VACUUM`)
  database.close()
}

test.for([
  ['enough', 6 * MIB],
  ['too little', 2 * MIB],
] as const)(
  'a database of an earlier version that has %s space to be rewritten can be written at once',
  { timeout: 30_000 },
  async ([, bytes]) => {
    const folder = smallDisk(24 * MIB)
    await (await startOnDisk(folder))[Symbol.asyncDispose]()
    makeOld(folder)
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize - bytes, 1))

    await using server = await startTestServer({ FLAGHOIST_DATA_DIR: folder })

    expect((await server.ask('GET', '/readyz')).body).toMatchObject({ writable: true })
    expect((await server.ask('POST', 'flags', { body: { key: 'b' } })).status).toBe(201)
    expect(statSync(join(folder, 'flaghoist.db-wal')).size).toBeLessThan(MIB)
  },
)

test.for([
  [15, 503],
  [8, 200],
])('a backup leaves %s MiB for events free: %s', { timeout: 30_000 }, async ([spare, status]) => {
  const folder = smallDisk(16 * MIB)
  await using server = await startOnDisk(folder, {
    FLAGHOIST_MIN_FREE_BYTES: String(spare! * MIB),
  })

  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const response = await fetch(`${server.url}/api/v1/backup`, { headers })

  expect(response.status).toBe(status)
  expect((await response.text()).includes('BACKUP_SPACE')).toBe(status === 503)
})

test('events stop before the disk is full, and start again', { timeout: 30_000 }, async () => {
  const folder = smallDisk(16 * MIB)
  await using server = await startOnDisk(folder, { FLAGHOIST_MIN_FREE_BYTES: String(8 * MIB) })
  const key = await server.makeKey('server', 'production')
  const status = () => report(server, key)
  expect(await status()).toBe(202)

  writeFileSync(join(folder, 'filler'), Buffer.alloc(8 * MIB, 1))
  await expect.poll(status).toBe(503)
  expect(await status()).toBe(503)
  const { body } = await server.ask('GET', '/readyz')
  expect(body).toMatchObject({ ready: true, writable: true, events: false })
  expect(body.freeBytes).toBeLessThan(8 * MIB)
  expect((await server.ask('PATCH', 'flags/a', { body: { owner: 'ada' } })).status).toBe(200)

  rmSync(join(folder, 'filler'))
  await expect.poll(status).toBe(202)
  expect(readdirSync(folder)).not.toContain('filler')
})
