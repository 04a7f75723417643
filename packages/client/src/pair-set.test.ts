import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPairSet } from './pair-set.ts'

const integer = fc.oneof(fc.integer(), fc.integer({ min: -2, max: 2 }))

test('a pair is new once, whatever else is in the set', () => {
  const pairs = fc.array(fc.tuple(integer, integer), { maxLength: 2_000 })
  fc.assert(
    fc.property(pairs, (all) => {
      const set = createPairSet()
      const known = new Set<string>()
      for (const [first, second] of all) {
        // Zero is as good as one: an id of zero would be one in four thousand million.
        const name = `${first} ${second || 1}`
        expect(set.add(first, second)).toBe(!known.has(name))
        known.add(name)
      }
    }),
  )
})

test('a set that was cleared knows nothing', () => {
  const set = createPairSet()
  for (let i = 0; i < 1_000; i += 1) set.add(i, 7)
  set.clear()
  for (let i = 0; i < 1_000; i += 1) expect(set.add(i, 7)).toBe(true)
})

test('a flood is forgotten rather than kept', () => {
  const set = createPairSet()
  for (let i = 0; i < 1_000_000; i += 1) set.add(i, 7)
  expect(set.add(0, 7)).toBe(true)
  expect(set.add(999_999, 7)).toBe(false)
})
