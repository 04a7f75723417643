const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/** Slices that the hash space is cut into. One bucket is 0.001 % of all units. */
export const BUCKETS = 100_000

const HASH_SPACE = 2 ** 32
const encoder = new TextEncoder()
let scratch = new Uint8Array(768)

/**
 * MurmurHash3_x86_32 over the UTF-8 bytes of a text, as a *signed* 32-bit integer: what the hot path
 * compares, because `>>> 0` can allocate a number on the heap. A lone surrogate counts as U+FFFD.
 *
 * The only place that hashes. The npm package `murmurhash` (`v3`) is the reference, by a property test;
 * reading the characters in place spares encoding nearly every unit (`bench/`).
 *
 * @see https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function murmur3Int32(text: string, seed: number): number {
  const length = text.length
  const blocksEnd = length & ~3
  let hash = seed | 0
  // All characters or-ed together: above 0x7f if any of them is not ASCII.
  let seen = 0

  for (let i = 0; i < blocksEnd; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    seen |= a | b | c | d
    hash = mixBlock(hash, a | (b << 8) | (c << 16) | (d << 24))
  }

  let tail = 0
  for (let i = length - 1; i >= blocksEnd; i -= 1) {
    const code = text.charCodeAt(i)
    seen |= code
    tail = (tail << 8) | code
  }
  if (seen > 0x7f) return murmur3Bytes(text, seed)

  return finish(hash ^ scramble(tail), length)
}

/** MurmurHash3_x86_32 over the UTF-8 bytes of a text, from 0 to 2³² − 1. */
export function murmur3(text: string, seed: number): number {
  return murmur3Int32(text, seed) >>> 0
}

/** Seed of everything that is bucketed with one salt. */
export function seedOf(salt: string): number {
  return murmur3Int32(salt, 0)
}

/**
 * The bucket of a unit, from 0 to `BUCKETS - 1`. Part of the wire contract (`docs/spec.md` §5): it can
 * never change for a salt that is in use.
 */
export function bucketOf(salt: string, unit: string): number {
  // The product stays below 2 ** 53, so it is exact.
  return Math.floor((murmur3(unit, seedOf(salt)) * BUCKETS) / HASH_SPACE)
}

/**
 * The least hash whose bucket is not below `bucket`, shifted into the signed range: `toSigned(hash) < limit`
 * says the same as `bucketOf(…) < bucket`, in one integer comparison. Infinity for `BUCKETS`, which no hash reaches.
 */
export function limitOf(bucket: number): number {
  if (bucket >= BUCKETS) return Number.POSITIVE_INFINITY
  return Math.ceil((bucket * HASH_SPACE) / BUCKETS) - 2 ** 31
}

/** Keeps the order of unsigned hashes in signed integers. */
export function toSigned(hash: number): number {
  return hash ^ 0x80000000
}

/** Salted identifier, 16 hexadecimal digits: what lists of identifiers hold where a browser can read them. */
export function hashIdentifier(salt: string, text: string): string {
  const high = murmur3(text, murmur3Int32(salt, 0))
  const low = murmur3(text, murmur3Int32(salt, 1))
  return hex8(high) + hex8(low)
}

/** Eight lower-case hexadecimal digits of an unsigned 32-bit integer. */
export function hex8(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function murmur3Bytes(text: string, seed: number): number {
  // Three bytes per UTF-16 unit is the worst case, so what fits can never be cut short.
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3)
  const { written: length } = encoder.encodeInto(text, scratch)
  const blocksEnd = length & ~3
  let hash = seed | 0

  for (let i = 0; i < blocksEnd; i += 4) {
    const block =
      scratch[i]! | (scratch[i + 1]! << 8) | (scratch[i + 2]! << 16) | (scratch[i + 3]! << 24)
    hash = mixBlock(hash, block)
  }
  let tail = 0
  for (let i = length - 1; i >= blocksEnd; i -= 1) tail = (tail << 8) | scratch[i]!

  return finish(hash ^ scramble(tail), length)
}

function scramble(block: number): number {
  const mixed = Math.imul(block, C1)
  return Math.imul((mixed << 15) | (mixed >>> 17), C2)
}

function mixBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number, length: number): number {
  let mixed = hash ^ length
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
