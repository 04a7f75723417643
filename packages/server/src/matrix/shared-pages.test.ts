import { EMPTY_STATE } from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import type { Matrix } from './schemas.ts'
import { sharedPage } from './shared-pages.ts'

/** A matrix with a text of a length. */
function matrixOf(length: number): Matrix {
  return {
    version: 1,
    total: 0,
    environments: ['production'],
    instances: ['x'.repeat(length)],
    flags: [],
  }
}

/** Requests a page of the same name many times, and counts how often it is made. */
async function timesMade(
  make: () => Promise<Matrix>,
  states = [{ ...EMPTY_STATE }],
): Promise<number> {
  let made = 0
  const counted = () => {
    made += 1
    return make()
  }
  for (const state of [...states, ...states])
    await Promise.allSettled([sharedPage(state, 'all', counted), sharedPage(state, 'all', counted)])
  return made
}

test('a page is made once for a state', async () => {
  expect(await timesMade(async () => matrixOf(1))).toBe(1)
  expect(await timesMade(async () => matrixOf(1), [{ ...EMPTY_STATE }, { ...EMPTY_STATE }])).toBe(2)
})

test('a very large page is shared only while it is made', async () => {
  expect(await timesMade(async () => matrixOf(600_000))).toBe(2)
})

test('a page that could not be made is made again', async () => {
  expect(await timesMade(() => Promise.reject(new Error('The disk failed.')))).toBe(2)
})

test('the oldest of many pages is forgotten', async () => {
  const state = { ...EMPTY_STATE }
  let made = 0
  const ask = (name: string) =>
    sharedPage(state, name, async () => {
      made += 1
      return matrixOf(1)
    })
  for (let i = 0; i < 33; i += 1) await ask(`page-${i}`)
  await ask('page-32')
  expect(made).toBe(33)
  await ask('page-0')
  expect(made).toBe(34)
})
