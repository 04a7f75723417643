import { expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import { createHashSet } from './hash-set.ts'

const half = fc.oneof(
  fc.integer(),
  fc.integer({ min: -2, max: 2 }),
  fc.nat(50).map((n) => n * 512),
)

test('a hash is new once, whatever else is in the set', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half), { maxLength: 2_000 }), (all) => {
      const set = createHashSet()
      const known = new Set<string>()
      for (const [high, low] of all) {
        // A high half of zero is as good as one: it would be one in four thousand million.
        const mark = `${high || 1} ${low}`
        expect(set.add(high, low)).toBe(!known.has(mark))
        known.add(mark)
      }
    }),
  )
})

test('a set that was cleared knows nothing', () => {
  const set = createHashSet()
  for (let i = 1; i < 1_000; i += 1) set.add(i, i)
  set.clear()
  for (let i = 1; i < 1_000; i += 1) expect(set.add(i, i)).toBe(true)
})

test('a flood is forgotten rather than kept', () => {
  const set = createHashSet()
  for (let i = 1; i < 1_000_000; i += 1) set.add(i, 0)
  expect(set.add(1, 0)).toBe(true)
  expect(set.add(999_999, 0)).toBe(false)
})
