import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Ruleset } from '@flaghoist/core'
import { fileCache } from '@flaghoist/node/internal'
import { expect, test } from 'vitest'
import { folder } from '../../test/server-process.ts'
import { createRulesetCopy } from './ruleset-copy.ts'

const rulesetOf = (version: number, members = 1): Ruleset => ({
  ...{ spec: 1, project: 'shop', scope: 'production', epoch: 'e', version, flags: {} },
  segments: {
    testers: {
      include: Array.from({ length: members }, (_, i) => `user-${i}`),
      exclude: [],
      when: [],
    },
  },
})

const identity = { url: 'http://127.0.0.1:9', key: 'k' }

/** Copies that share a file, and the warnings of both. */
function givenCopies(dir = folder()) {
  const warnings: string[] = []
  const open = () => createRulesetCopy(fileCache(dir, identity), (text) => warnings.push(text))
  return { open, warnings }
}

/** Counts the turns of the event loop that pass before a promise resolves. */
async function turnsUntil(promise: Promise<unknown>): Promise<number> {
  let isOver = false
  const end = promise.then(() => {
    isOver = true
  })
  let turns = 0
  for (; !isOver; turns += 1) await nextTurn()
  await end
  return turns
}

test('a copy leads to the ruleset that was saved last', async () => {
  const { open, warnings } = givenCopies()
  const copy = open()
  for (const version of [1, 2, 3]) void copy.save(rulesetOf(version))
  await copy.flush()

  expect(await open().load()).toEqual(rulesetOf(3))
  expect(warnings).toEqual([])
})

test('a large copy is parsed in turns', async () => {
  const large = rulesetOf(1, 400_000)
  const bytes = Buffer.from(JSON.stringify(large))
  // Without a disk, which takes turns itself.
  const file = { ...fileCache(folder(), identity), readBytes: async () => bytes }
  const loaded = createRulesetCopy(file, () => undefined).load()

  expect(await turnsUntil(loaded)).toBeGreaterThan(2)
  expect(await loaded).toEqual(large)
})

test('without a copy, nothing is loaded', async () => {
  expect(await givenCopies().open().load()).toBeUndefined()
  const without = createRulesetCopy(undefined, () => undefined)
  await without.save(rulesetOf(1))
  expect(await without.load()).toBeUndefined()
})

test('warns once of a disk that cannot be written', async () => {
  const { open, warnings } = givenCopies('/proc/flaghoist/copies')
  const copy = open()
  for (const version of [1, 2]) await copy.save(rulesetOf(version))
  expect(warnings).toEqual([expect.stringContaining('The ruleset could not be cached')])
})
