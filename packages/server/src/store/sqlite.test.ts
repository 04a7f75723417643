import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqliteStore } from './sqlite.ts'
import { describeStore } from './store.contract.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'flaghoist-store-'))
const remove = (dir: string) => rmSync(dir, { recursive: true, force: true })

const fixtureIn = (dir: string) => ({
  open: async () => openSqliteStore(dir),
  reopen: async () => openSqliteStore(dir),
  cleanUp: async () => (dir === ':memory:' ? undefined : remove(dir)),
})

describeStore('SQLite file', () => fixtureIn(folder()), { isDurable: true })
describeStore('SQLite memory', () => fixtureIn(':memory:'), { isDurable: false })

test('a second server on the same folder is told so', async () => {
  const dir = folder()
  const store = openSqliteStore(dir)

  expect(() => openSqliteStore(dir)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }))

  await store.close()
  await openSqliteStore(dir).close()
  remove(dir)
})

test('nobody else can read its files, also in a folder that is open to all', async () => {
  const dir = folder()
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'flaghoist.db'), '', { mode: 0o644 })
  const store = openSqliteStore(dir)

  const files = readdirSync(dir)
  expect(files).toEqual(['flaghoist.db', 'flaghoist.db-wal'])
  expect(files.map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600, 0o600])

  await store.close()
  remove(dir)
})

test('a file that is no database is told so, and is left as it is', () => {
  const dir = folder()
  writeFileSync(
    join(dir, 'flaghoist.db'),
    'no database at all, but long enough to be looked at'.repeat(20),
  )

  expect(() => openSqliteStore(dir)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }))
  remove(dir)
})
