import { describe, expect, test } from 'vitest'
import { ranges, weights } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { prepare } from '../evaluate/prepare.ts'
import { BUCKETS, bucketOf } from '../hash.ts'
import type { SplitRange } from '../ruleset/wire.ts'
import { movedBuckets, weightsOf } from './ranges.ts'
import { resplit, type Weights } from './resplit.ts'

/** The variant of each bucket, one by one: slow and obviously correct. */
function owners(split: readonly SplitRange[]): readonly (string | undefined)[] {
  const all = new Array<string | undefined>(BUCKETS).fill(undefined)
  for (const [start, end, variant] of split) all.fill(variant, start, end)
  return all
}

const without = (all: Weights) =>
  Object.fromEntries(Object.entries(all).filter(([, weight]) => weight > 0))

function halfOfDifferences(before: Weights, after: Weights): number {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const sum = [...names].reduce(
    (total, name) => total + Math.abs((after[name] ?? 0) - (before[name] ?? 0)),
    0,
  )
  return sum / 2
}

describe('resplit', () => {
  test('assigns each variant its weight without gaps, and merges adjacent ranges', () => {
    fc.assert(
      fc.property(ranges, weights, (previous, wanted) => {
        const split = resplit(previous, wanted)
        expect(weightsOf(split)).toEqual(without(wanted))
        expect(split.map(([start]) => start)).toEqual([
          0,
          ...split.slice(0, -1).map(([, end]) => end),
        ])
        expect(split.at(-1)![1]).toBe(BUCKETS)
        for (const [i, [, , variant]] of split.entries())
          expect(split[i + 1]?.[2]).not.toBe(variant)
      }),
    )
  })

  test('moves exactly half of the sum of weight differences', () => {
    fc.assert(
      fc.property(ranges, weights, (previous, wanted) => {
        const before = owners(previous)
        const after = owners(resplit(previous, wanted))
        const moved = before.filter((owner, bucket) => owner !== after[bucket]).length
        expect(moved).toBe(halfOfDifferences(weightsOf(previous), wanted))
      }),
    )
  })

  test('keeps all buckets of a variant that grows', () => {
    fc.assert(
      fc.property(ranges, weights, (previous, wanted) => {
        const had = weightsOf(previous)
        const before = owners(previous)
        const after = owners(resplit(previous, wanted))
        const robbed = before.filter(
          (owner, bucket) => owner !== after[bucket] && (wanted[owner!] ?? 0) >= (had[owner!] ?? 0),
        )
        expect(robbed).toEqual([])
      }),
    )
  })

  test('changes nothing for equal weights', () => {
    fc.assert(
      fc.property(ranges, (previous) => {
        expect(resplit(previous, weightsOf(previous))).toEqual(previous)
      }),
    )
  })

  test('depends on nothing but the weights of two variants', () => {
    const two = fc.nat({ max: BUCKETS }).map((on) => ({ on, off: BUCKETS - on }))
    fc.assert(
      fc.property(fc.array(two), two, (between, wanted) => {
        const split = between.reduce<SplitRange[]>((owned, next) => resplit(owned, next), [])
        expect(resplit(split, wanted)).toEqual(resplit([], wanted))
      }),
    )
  })

  test('returns to known ranges of the same weights', () => {
    fc.assert(
      fc.property(ranges, weights, (first, wanted) => {
        const between = resplit(first, wanted)
        expect(resplit(between, weightsOf(first), [between, first])).toEqual(first)
        expect(resplit([], weightsOf(first), [between, first])).toEqual(first)
      }),
      { numRuns: 30 },
    )
  })

  test('ignores known ranges that would move more', () => {
    const known: SplitRange[] = [
      [0, 50_000, 'off'],
      [50_000, BUCKETS, 'on'],
    ]
    const owned = resplit([], { on: 40_000, off: 60_000 })

    expect(resplit(owned, { on: 50_000, off: 50_000 }, [known])).toEqual([
      [0, 50_000, 'on'],
      [50_000, BUCKETS, 'off'],
    ])
  })

  test.for([
    [
      'a fresh split in the order of the weights',
      [],
      { on: 25_000, off: 75_000 },
      [
        [0, 25_000, 'on'],
        [25_000, BUCKETS, 'off'],
      ],
    ],
    [
      'a new variant what another gives from its end',
      [[0, BUCKETS, 'off']],
      { off: 90_000, on: 10_000 },
      [
        [0, 90_000, 'off'],
        [90_000, BUCKETS, 'on'],
      ],
    ],
    [
      'the buckets of a variant that goes to those that stay',
      [
        [0, 40_000, 'a'],
        [40_000, 60_000, 'gone'],
        [60_000, BUCKETS, 'b'],
      ],
      { a: 50_000, b: 50_000 },
      [
        [0, 50_000, 'a'],
        [50_000, BUCKETS, 'b'],
      ],
    ],
    [
      'away the last of what a variant owns',
      [
        [0, 30_000, 'a'],
        [30_000, 60_000, 'b'],
        [60_000, BUCKETS, 'a'],
      ],
      { a: 60_000, b: 40_000 },
      [
        [0, 30_000, 'a'],
        [30_000, 60_000, 'b'],
        [60_000, 90_000, 'a'],
        [90_000, BUCKETS, 'b'],
      ],
    ],
    [
      'no range to a variant without weight',
      [[0, BUCKETS, 'off']],
      { off: BUCKETS, on: 0 },
      [[0, BUCKETS, 'off']],
    ],
    [
      'the buckets that nobody owned',
      [[10_000, 20_000, 'a']],
      { a: 10_000, b: 90_000 },
      [
        [0, 10_000, 'b'],
        [10_000, 20_000, 'a'],
        [20_000, BUCKETS, 'b'],
      ],
    ],
    [
      'a variant whose name records inherit',
      [[0, BUCKETS, 'off']],
      { off: 0, constructor: BUCKETS },
      [[0, BUCKETS, 'constructor']],
    ],
  ] as const)('gives %s', ([, previous, wanted, split]) => {
    expect(resplit(previous, wanted as Weights)).toEqual(split)
  })

  test.for([
    ['do not add up', { on: 1, off: 2 }],
    ['add up to more', { on: BUCKETS, off: 1 }],
    ['are parts of buckets', { on: 0.5, off: BUCKETS - 0.5 }],
    ['are below zero', { on: -1, off: BUCKETS + 1 }],
    ['are not numbers', { on: Number.NaN, off: BUCKETS }],
    ['are none', {}],
  ] as const)('refuses weights that %s', ([, wanted]) => {
    expect(() => resplit([], wanted as Weights)).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_INVALID', status: 422 }),
    )
  })
})

describe('movedBuckets', () => {
  test('equals a bucket-by-bucket count, also for buckets without a variant', () => {
    const parts = fc
      .tuple(ranges, fc.nat({ max: 3 }))
      .map(([all, skipped]) => all.filter((_, i) => i !== skipped))
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const before = owners(one)
        const after = owners(other)
        const moved = before.filter((owner, bucket) => owner !== after[bucket]).length
        expect(movedBuckets(one, other)).toBe(moved)
        expect(movedBuckets(other, one)).toBe(moved)
      }),
    )
  })
})

describe('a split that is reverted to its old ranges', () => {
  test('serves all units their old variants, after any changes between', () => {
    const people = Array.from({ length: 500 }, (_, i) => ({ targetingKey: `user-${i}` }))
    fc.assert(
      fc.property(ranges, fc.array(weights, { minLength: 1, maxLength: 3 }), (first, changes) => {
        const between = changes.reduce<SplitRange[]>((split, next) => resplit(split, next), first)
        const variants = (split: readonly SplitRange[]) =>
          people.map((person) => evaluate(serving(split), 'f', person, false).variant)
        const [ownersFirst, ownersBetween] = [owners(first), owners(between)]
        const moved = people.filter(({ targetingKey }) => {
          const bucket = bucketOf('salt', targetingKey)
          return ownersFirst[bucket] !== ownersBetween[bucket]
        }).length

        const before = variants(first)
        const after = variants(between)

        expect(before.filter((variant, i) => variant !== after[i]).length).toBe(moved)
        expect(variants(first)).toEqual(before)
      }),
      { numRuns: 10 },
    )
  })
})

function serving(split: readonly SplitRange[]) {
  const names = ['on', 'off', '10']
  return prepare({
    spec: 1,
    project: 'shop',
    scope: 'production',
    epoch: 'e1',
    version: 1,
    flags: {
      f: {
        type: 'boolean',
        variants: Object.fromEntries(names.map((name) => [name, name === 'on'])),
        on: true,
        off: 'off',
        fallthrough: { split: { by: 'targetingKey', salt: 'salt', ranges: split } },
        revision: 1,
      },
    },
    segments: {},
  })
}
