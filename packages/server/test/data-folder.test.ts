import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ADMIN_KEY, startTestServer } from './http-server.ts'
import { folder, MAIN, runNode } from './server-process.ts'

/** A data folder with the projects `default` and `bank`, and a flag that is killed in each. */
let template = ''
/** The same folder as a process leaves it that is killed: with a write-ahead log. */
let crashed = ''

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'flaghoist-template-'))
  crashed = mkdtempSync(join(tmpdir(), 'flaghoist-crashed-'))
  const server = await startTestServer({ FLAGHOIST_DATA_DIR: template })
  await server.ask('POST', '/api/v1/projects', { body: { key: 'bank' } })
  for (const project of ['default', 'bank']) {
    const flags = `/api/v1/projects/${project}/flags`
    await server.ask('POST', flags, { body: { key: 'checkout', type: 'boolean' } })
    const kill = await server.ask('POST', `${flags}/checkout/kill`, { body: { reason: 'No.' } })
    expect(kill.status).toBe(200)
  }
  cpSync(template, crashed, { recursive: true })
  rmSync(join(crashed, 'flaghoist.db-shm'))
  await server.server.close()
})
afterAll(() => {
  for (const dir of [template, crashed]) rmSync(dir, { recursive: true, force: true })
})

/** Takes the right from root to write whatever it likes. */
const AS_OWNER =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all']
    : []

function start(dataDir: string) {
  const settings = { FLAGHOIST_DATA_DIR: dataDir, FLAGHOIST_ADMIN_KEY: ADMIN_KEY }
  return runNode([MAIN], settings, AS_OWNER)
}

function copyOf(source: string): string {
  const dir = folder()
  cpSync(source, dir, { recursive: true })
  return dir
}

/** Makes a file or folder unwritable until the end of the test. */
function protect(path: string, mode: number): void {
  chmodSync(path, mode)
  onTestFinished(() => chmodSync(path, 0o700))
}

const file = (dir: string) => join(dir, 'flaghoist.db')
/** Undoes what the later versions of the schema did. */
const TO_SCHEMA_1 = `
  DROP INDEX batches_by_age; DROP TABLE cells; DROP TABLE attempts; DROP TABLE units;
  DROP TABLE outcomes; DROP TABLE measurements; DROP TABLE outbox_cursors;
  DROP TABLE deliveries; DROP TABLE leases; DROP TABLE checkpoints; DROP TABLE sessions;
  DROP TABLE unit_log;
  ALTER TABLE receipts ADD COLUMN etag TEXT; ALTER TABLE receipts DROP COLUMN headers;
  PRAGMA user_version = 1`

function edit(dir: string, sql: string): void {
  const database = new DatabaseSync(file(dir))
  database.exec(sql)
  database.close()
}

const get = async (url: string, path: string, init?: RequestInit) => {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  const response = await fetch(url + path, { headers, ...init })
  return { status: response.status, body: await response.json() }
}
const restore = (url: string, project: string) =>
  get(url, `/api/v1/projects/${project}/flags/checkout/restore`, { method: 'POST', body: '{}' })

/** A stack trace, or the name of an error's class. */
const RAW = /\n\s+at |\bError:/

describe('a folder that can be read but not written is served, read-only', () => {
  test.for<[string, () => string]>([
    [
      'whose permissions forbid it',
      () => {
        const dir = copyOf(template)
        protect(file(dir), 0o400)
        protect(dir, 0o500)
        return dir
      },
    ],
    [
      'with a file that may not be written',
      () => {
        const dir = copyOf(template)
        protect(file(dir), 0o400)
        return dir
      },
    ],
    [
      'in which no write-ahead log may be created',
      () => {
        const dir = copyOf(template)
        protect(dir, 0o500)
        return dir
      },
    ],
    [
      'whose write-ahead log holds changes and may not be written',
      () => {
        const dir = copyOf(crashed)
        protect(`${file(dir)}-wal`, 0o400)
        protect(dir, 0o500)
        return dir
      },
    ],
    [
      'whose schema is older',
      () => {
        const dir = copyOf(template)
        edit(dir, TO_SCHEMA_1)
        protect(file(dir), 0o400)
        protect(dir, 0o500)
        return dir
      },
    ],
  ])('%s', async ([, given]) => {
    const server = start(given())
    const url = await server.url()

    await server.says(/The data folder is read-only, so nothing can be stored: /)
    expect(server.output()).not.toMatch(RAW)
    expect(await get(url, '/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, writable: false, problem: expect.stringMatching(/is read-only/) },
    })
    expect(await get(url, '/api/v1/projects/default/flags/checkout')).toMatchObject({
      body: { layers: { '*': { killed: expect.anything() } } },
    })
    expect(await restore(url, 'default')).toMatchObject({
      status: 503,
      body: { code: 'STORE_READ_ONLY' },
    })
    server.child.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  })
})

describe('a folder whose logs are damaged is served as far as it is good', () => {
  test('a project whose chain is broken is refused, and the others can be written', async () => {
    const dir = copyOf(template)
    edit(dir, `UPDATE changes SET change = replace(change, 'No.', 'Yes') WHERE project = 'bank'`)
    const server = start(dir)
    const url = await server.url()
    const damage = 'The log of project "bank" is damaged at change 3'

    await server.says(RegExp(damage))
    expect(server.output()).not.toMatch(RAW)
    expect(await get(url, '/readyz')).toMatchObject({
      status: 200,
      body: {
        writable: true,
        damaged: [{ project: 'bank', problem: expect.stringContaining(damage) }],
      },
    })
    expect(await restore(url, 'bank')).toMatchObject({ status: 503, body: { code: 'LOG_CORRUPT' } })
    expect(await restore(url, 'default')).toMatchObject({ status: 200 })
  })

  test('an unknown key may be one of the damaged project, so it is not called unknown', async () => {
    const dir = copyOf(template)
    edit(dir, `UPDATE changes SET change = '{' WHERE project = 'bank' AND seq = 3`)
    const url = await start(dir).url()

    const headers = { authorization: 'Bearer fh_server_of-the-bank' }
    expect(await get(url, '/sdk/v1/ruleset', { headers })).toMatchObject({
      status: 503,
      body: { code: 'KEY_UNCHECKED' },
    })
  })

  test('the key of the settings works, although the log that holds it is damaged', async () => {
    const dir = copyOf(template)
    edit(dir, `UPDATE changes SET change = '{' WHERE project = 'default' AND seq = 3`)
    const url = await start(dir).url()

    expect(await restore(url, 'bank')).toMatchObject({ status: 200 })
    expect(await restore(url, 'default')).toMatchObject({ status: 503 })
  })

  test('nothing is ready, and nothing is created, if every log is damaged', async () => {
    const dir = copyOf(template)
    edit(dir, `UPDATE changes SET change = '{'`)
    const server = start(dir)
    const url = await server.url()

    expect(await get(url, '/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, problem: 'The log of every project is damaged.' },
    })
    expect(await get(url, '/livez')).toMatchObject({ status: 200 })
    expect(server.output()).not.toContain('Admin key')
  })
})

describe('a folder that cannot be used stops the start with one plain sentence', () => {
  const write = (name: string, text: string) => () => {
    const dir = folder()
    writeFileSync(join(dir, name), text)
    return dir
  }
  test.for<[string, () => string, RegExp]>([
    [
      'a file in its place',
      () => join(write('data', 'x')(), 'data'),
      /a file is in the place of a folder, .*data/,
    ],
    ['a path below a file', () => join(write('data', 'x')(), 'data', 'in'), /place of a folder/],
    ['a path in /proc', () => '/proc/flaghoist', /cannot be created, \/proc\/flaghoist/],
    [
      'a link that leads nowhere',
      () => {
        const dir = join(folder(), 'link')
        symlinkSync('/nowhere/at/all', dir)
        return dir
      },
      /link/,
    ],
    [
      'an unwritable folder without a database',
      () => {
        const dir = folder()
        protect(dir, 0o500)
        return dir
      },
      /permission denied/,
    ],
    [
      'an unwritable parent',
      () => {
        const dir = folder()
        protect(dir, 0o500)
        return join(dir, 'data')
      },
      /permission denied/,
    ],
    [
      'a file that cannot even be read',
      () => {
        const dir = copyOf(template)
        protect(file(dir), 0o000)
        return dir
      },
      /unable to open database file, \/.+/,
    ],
    ['a text instead of a database', write('flaghoist.db', 'a'.repeat(5_000)), /not a database/],
    [
      'a folder instead of a database',
      () => {
        const dir = folder()
        mkdirSync(file(dir))
        return dir
      },
      /flaghoist\.db/,
    ],
    [
      'the database of another program',
      () => {
        const dir = folder()
        edit(dir, 'CREATE TABLE songs (title TEXT)')
        return dir
      },
      /not a database of Flaghoist: it has the table "songs"/,
    ],
    [
      'the database of another program that counts its versions',
      () => {
        const dir = folder()
        edit(dir, 'CREATE TABLE songs (title TEXT); PRAGMA user_version = 2')
        return dir
      },
      /not a database of Flaghoist: no such table/,
    ],
    [
      'a newer schema',
      () => {
        const dir = copyOf(template)
        edit(dir, 'PRAGMA user_version = 99')
        return dir
      },
      /written by a newer Flaghoist \(schema 99; this version supports \d+\)\.\nStart the newer/,
    ],
    [
      'a database of which half is missing',
      () => {
        const dir = copyOf(template)
        truncateSync(file(dir), Math.floor(readFileSync(file(dir)).length / 2))
        return dir
      },
      /damaged/,
    ],
    [
      'a lock that is a folder',
      () => {
        const dir = copyOf(template)
        rmSync(join(dir, 'flaghoist.lock'))
        mkdirSync(join(dir, 'flaghoist.lock'))
        return dir
      },
      /flaghoist\.lock/,
    ],
  ])('%s', async ([, given, sentence]) => {
    const server = start(given())

    expect(await server.exited).toBe(1)
    expect(server.output()).toMatch(sentence)
    expect(server.output()).not.toMatch(RAW)
    expect(server.output().trim().split('\n')).toHaveLength(2)
  })

  test('a folder that another server uses, also one that may not write it', async () => {
    const dir = copyOf(template)
    await start(dir).url()
    protect(dir, 0o500)
    protect(file(dir), 0o400)

    const second = start(dir)

    expect(await second.exited).toBe(1)
    expect(second.output()).toContain('Another server uses the data folder')
  })
})
