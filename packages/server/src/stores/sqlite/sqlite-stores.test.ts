import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeStores } from '../stores.contract.ts'
import { openSqliteStores } from './sqlite-stores.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'flaghoist-store-'))
const remove = (dir: string) => rmSync(dir, { recursive: true, force: true })

describeStores('SQLite', () => {
  const dir = join(tmpdir(), `flaghoist-store-${randomUUID()}`)
  return { open: async () => openSqliteStores(dir), cleanUp: async () => remove(dir) }
})

test('a second server on the same folder is refused', async () => {
  const dir = folder()
  const stores = openSqliteStores(dir)

  expect(() => openSqliteStores(dir)).toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }))

  await stores.close()
  await openSqliteStores(dir).close()
  remove(dir)
})

test('no other user can read the files, even in a folder that is open to all', async () => {
  const dir = folder()
  chmodSync(dir, 0o755)
  writeFileSync(join(dir, 'flaghoist.db'), '', { mode: 0o644 })
  const stores = openSqliteStores(dir)

  const files = readdirSync(dir)
  const names = ['flaghoist.db', 'flaghoist.db-shm', 'flaghoist.db-wal', 'flaghoist.lock']
  expect(files).toEqual(names)
  expect(new Set(files.map((name) => statSync(join(dir, name)).mode & 0o777))).toEqual(
    new Set([0o600]),
  )

  await stores.close()
  remove(dir)
})
