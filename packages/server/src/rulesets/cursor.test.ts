import { describe, expect, test } from 'vitest'
import { BASE, givenShop, on, openShop, writeOf } from '../../test/shop.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import type { Stores } from '../stores/stores.ts'
import { confirmCursor, cursorText, parseCursor } from './cursor.ts'

const HASH = '5d41402abc4b2a76'
const off = writeOf([on('theme', '*', { ...BASE, on: false })])

test.for([
  ['e1.7', { epoch: 'e1', version: 7 }],
  [`e1.7.${HASH}`, { epoch: 'e1', version: 7, hash: HASH }],
  ['0.0', { epoch: '0', version: 0 }],
  [undefined, undefined],
  ['', undefined],
  ['7', undefined],
  ['e1.', undefined],
  ['.7', undefined],
  ['e1.-7', undefined],
  ['e1.7.8', undefined],
  ['e1.7.', undefined],
  [`e1.7.${HASH}0`, undefined],
  [`e1.7.${HASH.toUpperCase()}`, undefined],
  ['E1.7', undefined],
  ['e1.7\n', undefined],
  [`e1.${'9'.repeat(16)}`, undefined],
  [`${'e'.repeat(65)}.7`, undefined],
] as const)('"%s" is parsed as the cursor %o, which has this text again', ([text, cursor]) => {
  const parsed = parseCursor(text)
  expect(parsed).toEqual(cursor)
  expect(parsed && cursorText(parsed)).toBe(cursor && text)
})

describe('a cursor is confirmed', () => {
  const given = async (stores?: Stores) => {
    const { projects } = await givenShop(stores)
    const { epoch, hashAt } = projects.get('shop')
    return { projects, at: (version: number) => ({ epoch, version, hash: hashAt(version) }) }
  }

  test('for each version of the log, also without its hash', async () => {
    const { projects, at } = await given()
    await projects.commit(...off)

    for (const cursor of [at(1), at(2), { ...at(1), hash: undefined }])
      expect(await confirmCursor(projects, 'shop', cursor)).toBe(cursor)
  })

  test('with local writes, which its hash names after that of the version', async () => {
    const { projects, at } = await given()
    const local = { ...at(1), hash: `${at(1).hash!.slice(0, 8)}01234567` }

    expect(await confirmCursor(projects, 'shop', local)).toBe(local)
  })

  test.for([
    ['another epoch', { epoch: 'other' }],
    ['a version that the log does not have', { version: 2 }],
    ['a version without a change', { version: 0 }],
    ['the hash of another change', { hash: HASH }],
  ])('not for %s', async ([, parts]) => {
    const { projects, at } = await given()
    expect(
      await confirmCursor(projects, 'shop', { ...at(1), ...(parts as object) }),
    ).toBeUndefined()
  })

  test('for a version that another process has appended, before it is announced', async () => {
    const memory = createMemory()
    const { projects, at } = await given(createMemoryStores(memory))
    const { log, ...stores } = createMemoryStores(memory)
    const { projects: late } = await openShop({
      ...stores,
      log: { ...log, watch: () => () => undefined },
    })
    await projects.commit(...off)

    const cursor = at(2)
    const confirmed = await Promise.all(
      [cursor, { ...cursor }].map((one) => confirmCursor(late, 'shop', one)),
    )

    expect(confirmed).toEqual([cursor, cursor])
    expect(late.get('shop').state.version).toBe(2)
  })
})
