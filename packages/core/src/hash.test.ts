import murmurhash from 'murmurhash'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import {
  BUCKETS,
  bucketOf,
  bucketOfIdentifier,
  checkOfLast,
  hashIdentifier,
  isSampled,
  limitOf,
  murmur3,
  murmur3Int32,
  toSigned,
} from './hash.ts'

const texts = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  // Any UTF-16 unit, so that lone surrogates occur.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((codes) => String.fromCharCode(...codes)),
  fc.constantFrom('é', 'Zoë', '日本語', '👩‍🚀', '\ud800', 'a\udc00b', ''),
)
const seeds = fc.integer({ min: 0, max: 0xffffffff })
const reference = (text: string, seed: number) =>
  murmurhash.v3(new TextEncoder().encode(text), seed)

describe('murmur3', () => {
  test('equals the npm package murmurhash on any text and seed', () => {
    fc.assert(
      fc.property(texts, seeds, (text, seed) => {
        expect(murmur3(text, seed)).toBe(reference(text, seed))
      }),
      { numRuns: 20_000 },
    )
  })

  test('equals it on texts longer than the buffer', () => {
    for (const length of [255, 256, 257, 1_000, 100_000])
      for (const letter of ['a', 'é', '語'])
        expect(murmur3(letter.repeat(length), 7)).toBe(reference(letter.repeat(length), 7))
  })

  test.for([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['test', 0, 0xba6bd213],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
  ] as const)('returns the published value of "%s" with seed %i', ([text, seed, expected]) => {
    expect(murmur3(text, seed)).toBe(expected)
  })
})

describe('checkOfLast', () => {
  test.for([
    ['numbers', (i: number) => `user-${i}`],
    ['addresses', (i: number) => `user.${i}@example.com`],
    ['other scripts', (i: number) => `利用者${i}`],
    ['code points', (i: number) => String.fromCodePoint(0x4e00 + (i % 20_000), 0x4e00 + (i >> 4))],
  ] as const)('tells %s with equal hashes apart', ([, unitOf]) => {
    const checks = new Map<number, number[]>()
    const units = new Set(Array.from({ length: 300_000 }, (_, i) => unitOf(i)))
    for (const unit of units) {
      const hash = murmur3Int32(unit, 7)
      checks.set(hash, [...(checks.get(hash) ?? []), checkOfLast()])
    }
    const equal = [...checks.values()].filter(({ length }) => length > 1)
    expect(equal.length).toBeGreaterThan(0)
    for (const all of equal) expect(new Set(all).size).toBe(all.length)
  })
})

describe('bucketOf', () => {
  test('is below a bucket exactly when the signed hash is below its limit', () => {
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: 0, max: BUCKETS }), (salt, unit, bucket) => {
        const signed = toSigned(murmur3Int32(unit, murmur3Int32(salt, 0)))
        expect(signed < limitOf(bucket)).toBe(bucketOf(salt, unit) < bucket)
      }),
    )
  })

  test('is below the limit at each edge of a unit’s bucket', () => {
    fc.assert(
      fc.property(texts, (unit) => {
        const signed = toSigned(murmur3Int32(unit, murmur3Int32('salt', 0)))
        const bucket = bucketOf('salt', unit)
        expect(signed < limitOf(bucket)).toBe(false)
        expect(signed < limitOf(bucket + 1)).toBe(true)
      }),
    )
  })

  test('spreads 1,000,000 units evenly', () => {
    const cells = 1_000
    const counts = new Float64Array(cells)
    const units = 1_000_000
    for (let i = 0; i < units; i += 1) {
      const cell = Math.floor(bucketOf('uniformity', `user-${i}`) / (BUCKETS / cells))
      counts[cell] = counts[cell]! + 1
    }

    expect(chiSquare(counts, units / cells)).toBeLessThan(criticalValue(cells - 1))
  })

  test('is independent between any two salts', () => {
    const cells = 10
    const units = 20_000
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (one, other) => {
        const table = new Float64Array(cells * cells)
        for (let i = 0; i < units; i += 1) {
          const row = Math.floor(bucketOf(one, `user-${i}`) / (BUCKETS / cells))
          const column = Math.floor(bucketOf(other, `user-${i}`) / (BUCKETS / cells))
          table[row * cells + column] = table[row * cells + column]! + 1
        }
        expect(chiSquare(table, units / (cells * cells))).toBeLessThan(
          criticalValue(cells * cells - 1),
        )
      }),
      { numRuns: 20, seed: 20261120 },
    )
  })
})

describe('hashIdentifier', () => {
  test('has the bucket of its text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (salt, text) => {
        expect(bucketOfIdentifier(hashIdentifier(salt, text))).toBe(bucketOf(salt, text))
      }),
    )
  })

  test('differs between salts and between texts', () => {
    expect(hashIdentifier('a', 'ada')).not.toBe(hashIdentifier('b', 'ada'))
    expect(hashIdentifier('a', 'ada')).not.toBe(hashIdentifier('a', 'bob'))
    expect(hashIdentifier('a', 'ada')).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('isSampled', () => {
  test('selects one unit in n, with the same share of every bucket', () => {
    const oneIn = 16
    const units = 50_000
    const sampled = Array.from({ length: units }, (_, i) =>
      hashIdentifier('s', `user-${i}`),
    ).filter((hash) => isSampled(hash, oneIn))
    const cells = new Float64Array(10)
    for (const hash of sampled) {
      const cell = Math.floor((bucketOfIdentifier(hash) / BUCKETS) * cells.length)
      cells[cell] = cells[cell]! + 1
    }

    const expected = units / oneIn
    const variance = expected * (1 - 1 / oneIn)
    expect((sampled.length - expected) ** 2 / variance).toBeLessThan(criticalValue(1))
    expect(chiSquare(cells, sampled.length / cells.length)).toBeLessThan(
      criticalValue(cells.length - 1),
    )
  })

  test('selects a smaller sample from a larger one', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_024 }), (text, oneIn) => {
        const hash = hashIdentifier('s', text)
        expect(isSampled(hash, 1)).toBe(true)
        expect(isSampled(hash, oneIn) || !isSampled(hash, oneIn + 1)).toBe(true)
      }),
    )
  })
})

function chiSquare(counts: Float64Array, expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** Upper 0.01 % point of the chi-square distribution, by Wilson and Hilferty's approximation. */
function criticalValue(degrees: number): number {
  const z = 3.719
  return degrees * (1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))) ** 3
}
