import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { runAtOnce } from '../run-at-once.ts'
import { changedList, listChangeInSteps, revertedList } from './list-change.ts'

const listChange = (before: readonly string[], after: readonly string[]) =>
  runAtOnce(listChangeInSteps(before, after))

const anyList = fc.array(fc.constantFrom(...'abcdef'))
const list = fc.uniqueArray(fc.constantFrom(...'abcdefghij'))
const keysOf = (runs: readonly { readonly keys: readonly string[] }[] = []) =>
  runs.flatMap(({ keys }) => keys)

describe('the change of a list', () => {
  test('leads from one list to the other, whatever their order and repetitions', () => {
    fc.assert(
      fc.property(anyList, anyList, (before, after) => {
        const change = listChange(before, after)
        expect(change === undefined).toBe(before.join() === after.join())
        expect(change === undefined ? before : changedList(before, change)).toEqual(after)
      }),
    )
  })

  test('leads back', () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const change = listChange(before, after)
        expect(change === undefined ? after : revertedList(after, change)).toEqual(before)
      }),
    )
  })

  test('holds the removed and the added keys only', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.func(fc.boolean()), (keys, isIn) => {
        const all = keys.map(String)
        const [before, after] = [
          all.filter((one) => isIn(one, 0)),
          all.filter((one) => isIn(one, 1)),
        ]
        const change = listChange(before, after)

        const removed = before.filter((one) => !after.includes(one))
        const added = after.filter((one) => !before.includes(one))
        expect([keysOf(change?.removed), keysOf(change?.added)]).toEqual([removed, added])
      }),
    )
  })

  test('may have as many runs as a list has keys', () => {
    const before = Array.from({ length: 100_000 }, (_, i) => `user-${i}`)
    const after = before.filter((_, i) => i % 2 === 0)
    const change = listChange(before, after)!

    expect(change.removed).toHaveLength(50_000)
    expect(changedList(before, change)).toEqual(after)
    expect(revertedList(after, change)).toEqual(before)
  })

  test('names runs of neighbours by their positions', () => {
    expect(listChange(['a', 'b', 'c', 'd'], ['x', 'b', 'd', 'y', 'z'])).toEqual({
      removed: [
        { at: 0, keys: ['a'] },
        { at: 2, keys: ['c'] },
      ],
      added: [
        { at: 0, keys: ['x'] },
        { at: 3, keys: ['y', 'z'] },
      ],
    })
  })
})

describe('the revert of a list change', () => {
  const change = listChange(['ada', 'bob', 'cy'], ['ada', 'cy', 'dan'])!

  test.for([
    ['keeps keys that were added later', ['ada', 'cy', 'dan', 'eve'], ['ada', 'bob', 'cy', 'eve']],
    ['finds keys that have moved', ['eve', 'ada', 'cy', 'dan'], ['eve', 'bob', 'ada', 'cy']],
    ['works where other keys were removed', ['dan'], ['bob']],
    ['is undefined if an added key is gone', ['ada', 'cy'], undefined],
    ['is undefined if a removed key is back', ['bob', 'ada', 'cy', 'dan'], undefined],
  ] as const)('%s', ([, current, expected]) => {
    expect(revertedList(current, change)).toEqual(expected)
  })
})
