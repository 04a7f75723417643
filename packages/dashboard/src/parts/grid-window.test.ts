import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { lanesWithin, widened } from './grid-window.ts'

const lanes = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 60 })
const place = fc.integer({ min: 0, max: 5_000 })

test('the lanes of a stretch are those that intersect it', () => {
  fc.assert(
    fc.property(lanes, place, fc.integer({ min: 1, max: 2_000 }), (widths, from, size) => {
      const edges = [0]
      for (const width of widths) edges.push(edges.at(-1)! + width)
      const { first, end } = lanesWithin(edges, from, from + size)
      const found = widths.flatMap((_, i) => (i >= first && i < end ? [i] : []))
      const wanted = widths.flatMap((_, i) =>
        edges[i + 1]! > from && edges[i]! < from + size ? [i] : [],
      )
      expect(found).toEqual(wanted)
    }),
  )
})

test('a margin ends at the limits', () => {
  const limits = { first: 1, end: 20 }
  expect(widened({ first: 3, end: 9 }, 6, limits)).toEqual({ first: 1, end: 15 })
  expect(widened({ first: 12, end: 18 }, 6, limits)).toEqual({ first: 6, end: 20 })
})
