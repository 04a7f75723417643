import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIntSet } from './int-set.ts'

const hash = fc.oneof(
  fc.integer(),
  fc.integer({ min: -2, max: 2 }),
  fc.nat(50).map((n) => n * 512),
)

test('a hash is new once, whatever else is in the set', () => {
  fc.assert(
    fc.property(fc.array(hash, { maxLength: 2_000 }), (all) => {
      const set = createIntSet()
      const known = new Set<number>()
      for (const one of all) {
        // Zero is as good as one: it would be one in four thousand million.
        const mark = one || 1
        expect(set.add(one)).toBe(!known.has(mark))
        known.add(mark)
      }
    }),
  )
})

test('a set that was cleared knows nothing', () => {
  const set = createIntSet()
  for (let i = 1; i < 1_000; i += 1) set.add(i)
  set.clear()
  for (let i = 1; i < 1_000; i += 1) expect(set.add(i)).toBe(true)
})

test('a flood is forgotten rather than kept', () => {
  const set = createIntSet()
  for (let i = 1; i < 1_000_000; i += 1) set.add(i)
  expect(set.add(1)).toBe(true)
  expect(set.add(999_999)).toBe(false)
})
