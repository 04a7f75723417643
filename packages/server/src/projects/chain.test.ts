import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Change } from '@flaghoist/core/schema'
import { afterEach, describe, expect, test } from 'vitest'
import { BASE, givenShop, on, openShop, writeOf } from '../../test/shop.ts'
import { openSqliteStores } from '../stores/sqlite/sqlite-stores.ts'
import { seal } from './chain.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A data folder whose project `shop` has four changes. */
async function givenLog(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-chain-'))
  folders.push(folder)
  const { projects, stores } = await givenShop(openSqliteStores(folder))
  for (const off of ['on', 'off', 'on'])
    await projects.commit(
      ...writeOf([on('theme', '*', { ...BASE, off })], { reason: `Zoë 👩‍🚀 \ud800 ${off}` }),
    )
  await stores.close()
  return folder
}

function tamper(folder: string, sql: string, ...values: (string | number)[]): void {
  const database = new DatabaseSync(join(folder, 'flaghoist.db'))
  database.prepare(sql).run(...values)
  database.close()
}

async function start(folder: string, project = 'shop') {
  const stores = openSqliteStores(folder)
  try {
    return (await openShop(stores)).projects.get(project).state
  } finally {
    await stores.close()
  }
}

function readChange(folder: string, seq: number): Change {
  const database = new DatabaseSync(join(folder, 'flaghoist.db'))
  const row = database.prepare('SELECT change FROM changes WHERE seq = ?').get(seq)
  database.close()
  return JSON.parse(String(row!.change))
}

describe('a log that nobody touched', () => {
  test('leads to the same state as before, whatever characters are in it', async () => {
    const folder = await givenLog()

    expect((await start(folder)).version).toBe(4)
    expect(readChange(folder, 2).reason).toBe('Zoë 👩‍🚀 \ud800 on')
  })
})

describe('a server does not serve a project', () => {
  /** Every path to a value that is not an object or array. */
  const leaves = (value: unknown, path: string[] = []): string[][] => {
    if (typeof value !== 'object' || value === null) return [path]
    return Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]))
  }
  const changeAt = (value: unknown, [name, ...rest]: string[]): unknown => {
    if (name === undefined) return typeof value === 'string' ? `${value}x` : 7
    const copy = structuredClone(value) as Record<string, unknown>
    return Object.assign(copy, { [name]: changeAt(copy[name], rest) })
  }

  test('on a change of which any one value was edited', async () => {
    const folder = await givenLog()
    const original = readChange(folder, 2)
    const paths = leaves(original)
    expect(paths.length).toBeGreaterThan(15)

    for (const path of paths) {
      const edited = JSON.stringify(changeAt(original, path))
      tamper(folder, 'UPDATE changes SET change = ? WHERE seq = 2', edited)
      await expect(start(folder), path.join('.')).rejects.toMatchObject({
        code: 'LOG_CORRUPT',
        message: expect.stringMatching(/change 2/),
      })
    }
    tamper(folder, 'UPDATE changes SET change = ? WHERE seq = 2', JSON.stringify(original))
    expect((await start(folder)).version).toBe(4)
  })

  test.for([
    ['whose first change is gone', 'DELETE FROM changes WHERE seq = 1', 1],
    ['with a hole', 'DELETE FROM changes WHERE seq = 3', 3],
    ['that ends too early', 'DELETE FROM changes WHERE seq = 4', 4],
    ['that was emptied', 'DELETE FROM changes', 1],
    ['whose end is said to be elsewhere', 'UPDATE logs SET version = 9', 5],
    ['whose head is before its last change', 'UPDATE logs SET version = 2', 3],
    ['whose last change got another number', 'UPDATE changes SET seq = 8 WHERE seq = 4', 8],
    ['with a change that is no JSON', "UPDATE changes SET change = '{' WHERE seq = 3", 3],
  ] as const)('on a log %s', async ([, sql, seq]) => {
    const folder = await givenLog()
    tamper(folder, 'PRAGMA foreign_keys = OFF')
    tamper(folder, sql)

    await expect(start(folder)).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining(`change ${seq}`),
      hint: expect.stringContaining('backup'),
    })
  })

  test('on a log whose changes were put in another order', async () => {
    const folder = await givenLog()
    const [second, third] = [readChange(folder, 2), readChange(folder, 3)]
    const write = 'UPDATE changes SET change = ? WHERE seq = ?'
    tamper(folder, write, JSON.stringify({ ...third, seq: 2 }), 2)
    tamper(folder, write, JSON.stringify({ ...second, seq: 3 }), 3)

    await expect(start(folder)).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
  })

  test('on a change that was edited and sealed again', async () => {
    const folder = await givenLog()
    const { hash, previousHash, ...second } = readChange(folder, 2)
    const forged = seal({ ...second, reason: 'Nobody did anything.' }, previousHash)
    tamper(folder, 'UPDATE changes SET change = ? WHERE seq = 2', JSON.stringify(forged))

    await expect(start(folder)).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining('change 3: its previous hash does not match'),
    })
    expect(forged.hash).not.toBe(hash)
  })

  test('on a log with a hole, although what follows was sealed again', async () => {
    const folder = await givenLog()
    const { previousHash, hash, ...third } = readChange(folder, 3)
    const forged = seal(third, readChange(folder, 1).hash)
    tamper(folder, 'DELETE FROM changes WHERE seq IN (2, 4)')
    tamper(folder, 'UPDATE changes SET change = ? WHERE seq = 3', JSON.stringify(forged))
    tamper(folder, 'UPDATE logs SET version = 3')

    await expect(start(folder)).rejects.toMatchObject({
      code: 'LOG_CORRUPT',
      message: expect.stringContaining('change 2: the log holds change 3'),
    })
  })

  test('on a log with a change of another project', async () => {
    const folder = await givenLog()
    tamper(folder, "INSERT INTO logs SELECT 'bank', epoch, 1 FROM logs")
    tamper(folder, "INSERT INTO changes SELECT 'bank', 1, change FROM changes WHERE seq = 2")

    await expect(start(folder, 'bank')).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    expect((await start(folder)).version).toBe(4)
  })
})
