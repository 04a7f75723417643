import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Change } from '@flaghoist/core/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seal } from '../src/projects/chain.ts'
import { ADMIN_KEY, startTestServer } from './http-server.ts'
import { folder, run } from './server-process.ts'

/** A data folder with the projects `default` and `bank`, and five changes of `default`. */
let template = ''
/** The hashes of the changes of `default`. */
let hashes: readonly string[] = []

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'flaghoist-verify-'))
  const server = await startTestServer({ FLAGHOIST_DATA_DIR: template })
  await server.ask('POST', '/api/v1/projects', { body: { key: 'bank' } })
  for (const key of ['one', 'two', 'three', 'four'])
    await server.ask('POST', 'flags?reason=Because.', { body: { key } })
  const { body } = await server.ask<{ items: Change[] }>('GET', 'changes')
  hashes = body.items.toReversed().map(({ hash }) => hash)
  await server.server.close()
})
afterAll(() => rmSync(template, { recursive: true }))

const file = (dir: string) => join(dir, 'flaghoist.db')

/** A copy of the folder in which somebody with access to the file did something. */
function givenEdited(edit: (database: DatabaseSync) => void): string {
  const dir = folder()
  cpSync(template, dir, { recursive: true })
  const database = new DatabaseSync(file(dir))
  edit(database)
  database.close()
  return dir
}

async function verify(dataDir: string, ...args: readonly string[]) {
  const command = run({ FLAGHOIST_DATA_DIR: dataDir }, 'verify', ...args)
  return { code: await command.exited, output: command.output() }
}

const withHeads = (...heads: readonly string[]) => heads.flatMap((head) => ['--head', head])

/** Removes the last change, and makes the log end before it. */
function cutTail(database: DatabaseSync): void {
  database.exec(`DELETE FROM changes WHERE project = 'default' AND seq = 5;
    UPDATE logs SET version = 4 WHERE project = 'default'`)
}

/** Edits the reason of the second change, and seals it and all later ones again. */
function rewrite(database: DatabaseSync): void {
  const rows = database
    .prepare(`SELECT change FROM changes WHERE project = 'default' ORDER BY seq`)
    .all()
  const update = database.prepare(
    `UPDATE changes SET change = ? WHERE project = 'default' AND seq = ?`,
  )
  let previous = ''
  for (const row of rows) {
    const { hash: _, previousHash: __, ...change } = JSON.parse(String(row.change)) as Change
    const forged = seal(change.seq === 2 ? { ...change, reason: 'Forged.' } : change, previous)
    update.run(JSON.stringify(forged), change.seq)
    previous = forged.hash
  }
}

describe('flaghoist-server verify', { timeout: 60_000 }, () => {
  test('names the head of each project of a log that nobody touched', async () => {
    const { code, output } = await verify(
      givenEdited(() => {}),
      ...withHeads(...hashes),
    )

    expect(output).toContain('The database file is intact.')
    expect(output).toMatch(
      RegExp(`Project "default" is intact: change 5 of \\S+ has the hash ${hashes[4]}`),
    )
    expect(output).toMatch(/Project "bank" is intact: change 1 of/)
    for (const [i, hash] of hashes.entries())
      expect(output).toContain(`The recorded head is change ${i + 1} of project "default": ${hash}`)
    expect(code).toBe(0)
  })

  test('verifies the folder of a running server, and a backup', async () => {
    const dir = givenEdited(() => {})
    await using server = await startTestServer({ FLAGHOIST_DATA_DIR: dir })
    await server.ask('POST', 'flags', { body: { key: 'five' } })
    const backup = join(folder(), 'backup.db')
    await run({ FLAGHOIST_DATA_DIR: dir }, 'backup', backup).exited

    for (const args of [[], [backup]]) {
      const { code, output } = await verify(dir, ...args, ...withHeads(hashes[4]!))
      expect(output).toContain('Project "default" is intact: change 6')
      expect(code).toBe(0)
    }
  })

  test.for<[string, (database: DatabaseSync) => void, RegExp]>([
    [
      'an edited reason',
      (database) =>
        database.exec(
          `UPDATE changes SET change = replace(change, 'Because.', 'Forged.') WHERE seq = 3`,
        ),
      /damaged at change 3: its content does not match its hash/,
    ],
    [
      'one flipped bit',
      (database) =>
        database.exec(
          `UPDATE changes SET change = replace(change, '"two"', '"tvo"') WHERE seq = 3`,
        ),
      /damaged at change 3/,
    ],
    [
      'a cut tail that the head of the log still counts',
      (database) => database.exec(`DELETE FROM changes WHERE project = 'default' AND seq = 5`),
      /damaged at change 5: the log holds 4 changes, but 5 were acknowledged/,
    ],
    [
      'a change that was taken out',
      (database) => database.exec(`DELETE FROM changes WHERE project = 'default' AND seq = 2`),
      /damaged at change 2: the log holds change 3 at this position/,
    ],
  ])('detects %s, and verifies the other projects', async ([, edit, sentence]) => {
    const { code, output } = await verify(givenEdited(edit))

    expect(output).toMatch(sentence)
    expect(output).toContain('Project "bank" is intact')
    expect(code).toBe(1)
  })

  test.for([
    ['a cut tail', cutTail, 4],
    ['a log that was rewritten and sealed again', rewrite, 1],
  ] as const)(
    'cannot detect %s without a recorded head, and does with it',
    async ([, edit, known]) => {
      const dir = givenEdited(edit)

      expect(await verify(dir)).toMatchObject({ code: 0 })
      const { code, output } = await verify(dir, ...withHeads(hashes[0]!, hashes[4]!))

      expect(code).toBe(1)
      expect(output).toContain(`The recorded head is change 1 of project "default": ${hashes[0]}`)
      expect(output).toContain(`No change has the recorded head: ${hashes[4]}`)
      const before = await verify(dir, ...withHeads(...hashes.slice(0, known)))
      expect(before).toMatchObject({ code: 0 })
      const short = await verify(dir, ...withHeads(hashes[4]!.slice(0, 16)))
      expect(short).toMatchObject({ code: 1 })
    },
  )

  test('detects damage that SQLite finds', async () => {
    let page = 0
    const dir = givenEdited((database) => {
      const find = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?')
      page = Number(find.get('batches_by_age')!.rootpage)
    })
    const bytes = readFileSync(file(dir))
    bytes.fill(0, (page - 1) * 4_096, page * 4_096)
    writeFileSync(file(dir), bytes)

    const { code, output } = await verify(dir)

    expect(output).toContain('The database file is damaged')
    expect(code).toBe(1)
  })

  test.for<[string, readonly string[], RegExp]>([
    ['a short hash', ['--head', 'abc'], /"abc" is not a hash/],
    ['two files', ['a', 'b'], /Name one file/],
    ['no file', ['/nowhere.db'], /there is no file \/nowhere\.db/],
    ['a file of another kind', [import.meta.filename], /not a database/],
  ])('says what is wrong with %s', async ([, args, sentence]) => {
    const { code, output } = await verify(template, ...args)

    expect(output).toMatch(sentence)
    expect(output).not.toMatch(/\n\s+at /)
    expect(code).toBe(1)
  })
})

describe('the head of a log', { timeout: 60_000 }, () => {
  test('is served to keys of a whole project', async () => {
    await using server = await startTestServer({ FLAGHOIST_DATA_DIR: givenEdited(() => {}) })
    const bound = await server.makeKey('admin', 'production')
    const { body } = await server.ask<{ items: Change[] }>('GET', 'changes')

    expect((await server.ask('GET', 'head')).body).toEqual({
      project: 'default',
      epoch: expect.stringMatching(/^[0-9a-f]{16}$/),
      version: 6,
      hash: body.items[0]!.hash,
    })
    expect(await server.ask('GET', 'head', { key: bound })).toMatchObject({ status: 403 })
  })

  test('is printed at the start and at the end of the process, and logged with each change', async () => {
    const settings = { FLAGHOIST_ADMIN_KEY: ADMIN_KEY, FLAGHOIST_LOG_LEVEL: 'info' }
    const server = run({ ...settings, FLAGHOIST_DATA_DIR: givenEdited(() => {}) })
    const url = await server.url()
    await server.says(RegExp(`Log head +default 5 ${hashes[4]}\\n`))

    const response = await fetch(`${url}/api/v1/projects/default/flags`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: '{"key":"five"}',
    })
    expect(response.status).toBe(201)
    const change = /"project":"default","version":6,"hash":"(\w{64})","action":"flag.create"/
    await server.says(change)
    const [, hash] = change.exec(server.output())!
    server.child.kill('SIGTERM')

    expect(await server.exited).toBe(0)
    expect(server.output()).toMatch(
      RegExp(`Flaghoist stopped\\n +Log head +bank 1 \\w{64}\\n +Log head +default 6 ${hash}\\n`),
    )
  })
})
