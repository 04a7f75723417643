import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFlaghoistError } from '@flaghoist/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { BASE, creationOf, givenShop, on, openShop, rulesetsOf, writeOf } from '../../test/shop.ts'
import { openSqliteStores } from '../stores/sqlite/sqlite-stores.ts'

const folder = mkdtempSync(join(tmpdir(), 'flaghoist-damage-'))
const FILE = join(folder, 'flaghoist.db')
const INTACT = join(folder, 'intact')
/** The rulesets of each project of the intact file. */
const rulesets = new Map<string, string>()

beforeAll(async () => {
  const { projects, stores } = await givenShop(openSqliteStores(folder))
  const bank = { key: 'bank', name: 'Bank' }
  await projects.commit(
    ...creationOf([{ kind: 'project', key: 'bank', after: bank }], { project: 'bank' }),
  )
  for (let i = 0; i < 40; i += 1)
    await projects.commit(
      ...writeOf([on('theme', 'staging', { ...BASE, note: { reason: `${i}` } })]),
    )
  for (const { key, state } of projects.list()) rulesets.set(key, rulesetsOf(state, key))
  await stores.close()
  copyFileSync(FILE, INTACT)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Opens a damaged file. Returns the projects that are served, and the number of damaged ones. */
async function open(bytes: Uint8Array) {
  for (const suffix of ['-wal', '-shm']) rmSync(FILE + suffix, { force: true })
  writeFileSync(FILE, bytes)
  const stores = openSqliteStores(folder)
  try {
    const { projects } = await openShop(stores)
    return { served: projects.list(), damaged: projects.damaged.size, projects }
  } finally {
    await stores.close()
  }
}

describe('a file with damage at any place', () => {
  test('serves what it held or nothing, and says so', async () => {
    const intact = readFileSync(INTACT)
    let found = 0
    const place = fc.nat(intact.length - 1)
    const damage = fc.oneof(
      fc.record({ at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
      fc.record({ at: place, bytes: fc.constant(new Uint8Array(512)) }),
    )
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes }) => {
        const damaged = Uint8Array.from(intact)
        damaged.set(bytes.slice(0, damaged.length - at), at)
        const opened = await open(damaged).catch((error: unknown) => {
          if (!isFlaghoistError(error)) throw error
          return undefined
        })
        for (const { key, state } of opened?.served ?? [])
          expect(rulesetsOf(state, key)).toBe(rulesets.get(key))
        const isFound = opened === undefined || opened.damaged > 0
        expect(isFound || opened.served.length === rulesets.size).toBe(true)
        if (isFound) found += 1
      }),
      { numRuns: 200 },
    )
    expect(found).toBeGreaterThan(20)
  })

  test('is read-only as a whole if SQLite cannot read it', async () => {
    const bytes = readFileSync(INTACT)
    // The pages of the changes' tree: everything after the first pages, which hold the schema.
    bytes.fill(0xff, bytes.length - 3 * 4_096)

    const { projects, damaged } = await open(bytes)

    expect(damaged).toBeGreaterThan(0)
    expect(projects.readOnly).toMatchObject({ code: 'STORE_DAMAGED' })
    await expect(projects.commit(...creationOf([], { project: 'other' }))).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
    })
  })
})
