import { once } from 'node:events'
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { startOfMinute } from '../src/time.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { folder, run } from './server-process.ts'

const SETTINGS = { FLAGHOIST_ADMIN_KEY: ADMIN_KEY, FLAGHOIST_RATE_LIMIT: '0' }

/** All changes of the project `default`, oldest first. */
async function logOf(ask: TestServer['ask']): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (let cursor = ''; ; ) {
    const { body } = await ask<{ items: Change[]; next?: string }>(
      'GET',
      `changes?limit=100${cursor}`,
    )
    changes.unshift(...body.items.toReversed())
    if (body.next === undefined) return changes
    cursor = `&cursor=${body.next}`
  }
}

/** Writes to a server until it is stopped, and counts the writes that succeeded. */
function writeUntilStopped(server: TestServer) {
  const load = { acknowledged: 0, stop: async () => {} }
  let isOver = false
  const writer = async (name: string) => {
    for (let i = 0; !isOver; i += 1) {
      const note = { reason: `${name} ${i} ${'x'.repeat(2_000)}` }
      const path = `flags/checkout/layers/production`
      const { status } = await server.ask('PUT', path, { body: { on: true, note } })
      expect(status).toBe(200)
      load.acknowledged += 1
    }
  }
  const writers = ['a', 'b', 'c'].map(writer)
  load.stop = async () => {
    isOver = true
    await Promise.all(writers)
  }
  return load
}

/** Reports one exposure of the flag to a server. */
async function report(server: TestServer, key: string): Promise<void> {
  const minute = startOfMinute(Date.now())
  const exposure = { flag: 'checkout', variant: 'on', revision: 3, minute, reason: 'DEFAULT' }
  const { status } = await server.ask('POST', '/sdk/v1/events', {
    key,
    body: {
      sdk: { id: 'a', name: 'test/1' },
      batch: { id: 'batch-of-one', exposures: [{ ...exposure, count: 7 }] },
    },
  })
  expect(status).toBe(202)
}

/** Starts a server on a backup. */
async function restore(backup: string): Promise<TestServer> {
  const dataDir = folder()
  renameSync(backup, join(dataDir, 'flaghoist.db'))
  return startTestServer({ ...SETTINGS, FLAGHOIST_DATA_DIR: dataDir })
}

interface Way {
  readonly server: TestServer
  readonly dataDir: string
  readonly file: string
}

async function byRequest({ server, file }: Way): Promise<void> {
  const response = await fetch(`${server.url}/api/v1/backup`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/vnd.sqlite3')
  const bytes = await response.bytes()
  expect(String(bytes.length)).toBe(response.headers.get('content-length'))
  writeFileSync(file, bytes)
}

async function byCommand({ dataDir, file }: Way): Promise<void> {
  const command = run({ FLAGHOIST_DATA_DIR: dataDir }, 'backup', file)
  expect([await command.exited, command.output()]).toEqual([
    0,
    expect.stringMatching(/written to .*\n.*file is intact\.\nProject "default" is intact/),
  ])
  expect(statSync(file).mode & 0o077).toBe(0)
}

describe('a backup while the server runs', { timeout: 120_000 }, () => {
  test.for([
    ['the command', byCommand],
    ['a request', byRequest],
  ] as const)('by %s holds a prefix of the log', async ([, make], { annotate }) => {
    const dataDir = folder()
    const backups = folder()
    await using server = await startTestServer({ ...SETTINGS, FLAGHOIST_DATA_DIR: dataDir })
    await server.ask('POST', 'flags', { body: { key: 'checkout' } })
    await server.ask('PUT', 'flags/checkout/layers/production', { body: { on: true } })
    const sdkKey = await server.makeKey('server', 'production')
    await report(server, sdkKey)
    const load = writeUntilStopped(server)
    const made: { file: string; before: number; after: number }[] = []

    for (let i = 0; i < 4; i += 1) {
      const file = join(backups, `${i}.db`)
      const before = load.acknowledged
      await make({ server, dataDir, file })
      made.push({ file, before, after: load.acknowledged })
    }
    await load.stop()

    const log = await logOf(server.ask)
    expect(made.some(({ before, after }) => after > before)).toBe(true)
    await annotate(`writes before and after each backup: ${JSON.stringify(made)}`)
    expect(readdirSync(backups)).toHaveLength(made.length)
    expect(readdirSync(dataDir).filter((name) => name.includes('backup'))).toEqual([])
    for (const { file, before } of made) {
      await using restored = await restore(file)
      const prefix = await logOf(restored.ask)
      expect(prefix.length).toBeGreaterThanOrEqual(before + 3)
      expect(prefix.map(({ hash }) => hash)).toEqual(
        log.slice(0, prefix.length).map(({ hash }) => hash),
      )
      expect((await restored.ask('GET', '/sdk/v1/ruleset', { key: sdkKey })).status).toBe(200)
      const { body } = await restored.ask<{ items: { count: number }[] }>('GET', 'exposures')
      expect(body.items.map(({ count }) => count)).toEqual([7])
    }
  })
})

describe('the command backup', { timeout: 60_000 }, () => {
  async function backUp(settings: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const command = run(settings, 'backup', ...args)
    return { code: await command.exited, output: command.output() }
  }

  test('never overwrites a file', async () => {
    const dataDir = folder()
    await using _ = await startTestServer({ ...SETTINGS, FLAGHOIST_DATA_DIR: dataDir })
    const file = join(dataDir, 'flaghoist.db')

    expect(await backUp({ FLAGHOIST_DATA_DIR: dataDir }, file)).toEqual({
      code: 1,
      output: expect.stringContaining(`The file ${file} already exists`),
    })
  })

  test('works on the folder of a server that was killed, and leaves it as it was', async () => {
    const dataDir = folder()
    const server = run({ ...SETTINGS, FLAGHOIST_DATA_DIR: dataDir })
    await server.url()
    const gone = once(server.child, 'close')
    server.child.kill('SIGKILL')
    await gone

    const { code } = await backUp({ FLAGHOIST_DATA_DIR: dataDir }, join(dataDir, 'copy.db'))

    expect(code).toBe(0)
    const next = run({ ...SETTINGS, FLAGHOIST_DATA_DIR: dataDir })
    await next.url()
    expect(next.output()).not.toContain('Admin key')
  })

  test.for<[string, readonly string[], RegExp]>([
    ['no file', [], /Name one file/],
    ['two files', ['a', 'b'], /Name one file/],
    ['an option', ['--force', 'a'], /Unknown option '--force'/],
    ['a folder that does not exist', ['/nowhere/at/all.db'], /cannot be created, \/nowhere/],
  ])('says what is wrong with %s', async ([, args, sentence]) => {
    const dataDir = folder()
    await (await startTestServer({ FLAGHOIST_DATA_DIR: dataDir })).server.close()

    const { code, output } = await backUp({ FLAGHOIST_DATA_DIR: dataDir }, ...args)

    expect(code).toBe(1)
    expect(output).toMatch(sentence)
    expect(output).not.toMatch(/\n\s+at /)
  })

  test('says that there is nothing to back up', async () => {
    expect(await backUp({ FLAGHOIST_DATA_DIR: folder() }, '/tmp/never')).toEqual({
      code: 1,
      output: expect.stringContaining('there is no file'),
    })
  })
})

describe('the request for a backup', () => {
  test('is refused to keys that are not of every project', async () => {
    await using server = await startTestServer({ FLAGHOIST_DATA_DIR: folder() })
    const key = await server.makeKey('admin')

    const answer = await server.ask('GET', '/api/v1/backup', { key })

    expect(answer).toMatchObject({ status: 403, body: { code: 'PROJECT_KEY_REQUIRED' } })
  })

  test('is refused by a server that keeps nothing', async () => {
    await using server = await startTestServer()
    expect(await server.ask('GET', '/api/v1/backup')).toMatchObject({
      status: 409,
      body: { code: 'BACKUP_OF_MEMORY' },
    })
  })

  test('makes one backup at a time, and removes only what a killed process left', async () => {
    const dataDir = folder()
    await using server = await startTestServer({ FLAGHOIST_DATA_DIR: dataDir })
    mkdirSync(join(dataDir, '.flaghoist-backup-old'))
    writeFileSync(join(dataDir, 'flaghoist-backup-mine.db'), 'made by an operator')
    const get = () =>
      fetch(`${server.url}/api/v1/backup`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })

    const statuses = (await Promise.all([get(), get()])).map(({ status }) => status)

    expect(statuses.toSorted()).toEqual([200, 409])
    expect(readdirSync(dataDir).filter((name) => name.includes('backup'))).toEqual([
      'flaghoist-backup-mine.db',
    ])
  })
})
