import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { CopyOnWriteMap } from './copy-on-write-map.ts'

const operations = fc.array(
  fc.record({
    /** The map that is copied or changed, among all that exist. */
    map: fc.nat(),
    kind: fc.constantFrom('set', 'set', 'delete', 'copy'),
    // Few keys are often deleted, and added again to several copies.
    key: fc.oneof(fc.nat({ max: 700 }), fc.nat({ max: 3 })).map(String),
    value: fc.nat(),
  }),
  { maxLength: 120 },
)
/** Sizes around those of chunks. */
const sizes = fc.constantFrom(0, 1, 255, 256, 257, 600)

function entriesOf(size: number): [string, number][] {
  return Array.from({ length: size }, (_, i) => [`${i}`, i])
}

test('every copy equals a Map that was copied and changed alike', () => {
  fc.assert(
    fc.property(sizes, fc.nat({ max: 600 }), operations, (size, deleted, list) => {
      const first = {
        own: new CopyOnWriteMap(entriesOf(size)),
        plain: new Map(entriesOf(size)),
      }
      const pairs = [first]
      // Additions after many deletions drop the places of the deleted entries.
      for (const [key] of entriesOf(Math.min(size, deleted)))
        for (const map of [first.own, first.plain]) map.delete(key)

      for (const { map, kind, key, value } of list) {
        const { own, plain } = pairs[map % pairs.length]!
        if (kind === 'copy') pairs.push({ own: own.copy(), plain: new Map(plain) })
        else for (const one of [own, plain]) kind === 'set' ? one.set(key, value) : one.delete(key)
      }

      for (const { own, plain } of pairs) {
        expect([...own]).toEqual([...plain])
        expect([...own.keys()]).toEqual([...plain.keys()])
        expect([...own.values()]).toEqual([...plain.values()])
        expect(own.size).toBe(plain.size)
        for (const { key } of list)
          expect([own.get(key), own.has(key)]).toEqual([plain.get(key), plain.has(key)])
      }
    }),
  )
})

test('the keys beside another map include all whose values differ', () => {
  fc.assert(
    fc.property(sizes, operations, (size, list) => {
      const before = new CopyOnWriteMap(entriesOf(size))
      const after = before.copy()
      for (const { kind, key, value } of list)
        if (kind === 'delete') after.delete(key)
        else after.set(key, value)

      const beside = new Set([...after.keysBeside(before), ...before.keysBeside(after)])

      const all = [...new Set([...before.keys(), ...after.keys()])]
      const differing = all.filter((key) => before.get(key) !== after.get(key))
      expect(differing.filter((key) => !beside.has(key))).toEqual([])
    }),
  )
})

test('a change of a large map copies a small part of it', () => {
  const before = new CopyOnWriteMap(entriesOf(10_000))
  const after = before.copy().set('5000', 0)

  expect([...after.keysBeside(before)].length).toBeLessThan(300)
})
