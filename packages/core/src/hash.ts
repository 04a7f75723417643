// Bundlers inline the constants of a file without imports, so this file has none.
const C1 = 0xcc9e2d51
const C2 = 0x1b873593

/** The number of buckets in the hash space. One bucket is 0.001 % of all units. */
export const BUCKETS = 100_000

const HASH_SPACE = 2 ** 32
let scratch = new Uint8Array(768)
/** A second hash of the text that was hashed last, over the same blocks. */
let lastCheck = 0

/**
 * MurmurHash3_x86_32 over the UTF-8 bytes of a text, as a *signed* 32-bit integer. The hot path
 * compares signed integers, because `>>> 0` can allocate a number on the heap. A lone surrogate
 * counts as U+FFFD.
 *
 * This is the only hash function of Flaghoist. A property test compares it with the npm package
 * `murmurhash` (`v3`). It reads ASCII characters in place and so rarely needs to encode a unit
 * (`bench/`).
 *
 * @see https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function murmur3Int32(text: string, seed: number): number {
  const length = text.length
  const blocksEnd = length & ~3
  let hash = seed | 0
  let check = 0
  // The bitwise OR of all characters: above 0x7f if one of them is not ASCII.
  let seen = 0

  for (let i = 0; i < blocksEnd; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    seen |= a | b | c | d
    const block = a | (b << 8) | (c << 16) | (d << 24)
    hash = mixBlock(hash, block)
    check = addBlock(check, block)
  }

  let tail = 0
  for (let i = length - 1; i >= blocksEnd; i -= 1) {
    const code = text.charCodeAt(i)
    seen |= code
    tail = (tail << 8) | code
  }
  if (seen > 0x7f) return murmur3Bytes(text, seed)

  lastCheck = addBlock(check, tail ^ length)
  return finish(hash ^ scramble(tail), length)
}

/** MurmurHash3_x86_32 over the UTF-8 bytes of a text, from 0 to 2³² − 1. */
export function murmur3(text: string, seed: number): number {
  return murmur3Int32(text, seed) >>> 0
}

/**
 * Returns 32 more bits of the text that was hashed last, independent of its hash. Both together
 * tell one text from others.
 */
export function checkOfLast(): number {
  return lastCheck
}

/** The hash seed of a salt. */
export function seedOf(salt: string): number {
  return murmur3Int32(salt, 0)
}

/**
 * Returns the bucket of a unit, from 0 to `BUCKETS - 1`. The bucket is part of the wire contract
 * (`docs/spec.md` §5): it never changes for a salt in use.
 */
export function bucketOf(salt: string, unit: string): number {
  return bucketOfHash(murmur3(unit, seedOf(salt)))
}

/**
 * The smallest hash whose bucket is not below `bucket`, shifted into the signed range.
 * `toSigned(hash) < limit` equals `bucketOf(…) < bucket`, in one comparison. No hash reaches the
 * limit of `BUCKETS`.
 */
export function limitOf(bucket: number): number {
  return Math.ceil((bucket * HASH_SPACE) / BUCKETS) - 2 ** 31
}

/** Maps unsigned hashes to signed integers and keeps their order. */
export function toSigned(hash: number): number {
  return hash ^ 0x80000000
}

/**
 * The text of a unit, as buckets and lists of identifiers read it. Returns undefined for a value
 * that cannot be a unit (`docs/spec.md` §5).
 */
export function unitText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || Number.isFinite(value) ? String(value) : undefined
}

/**
 * Returns the salted hash of an identifier, 16 hexadecimal digits. Rulesets for browsers list these
 * hashes only.
 */
export function hashIdentifier(salt: string, text: string): string {
  return sampledIdentifier(salt, text)!
}

/** Returns the salted hash of a unit, or undefined if the sample does not contain it. */
export function sampledIdentifier(salt: string, text: string, oneIn = 1): string | undefined {
  const high = murmur3(text, murmur3Int32(salt, 0))
  const low = murmur3(text, murmur3Int32(salt, 1))
  return isInSample(low, oneIn) ? hex8(high) + hex8(low) : undefined
}

/**
 * Returns the bucket of the unit that an identifier hash stands for: the first half of the hash is
 * the hash that is bucketed.
 */
export function bucketOfIdentifier(hash: string): number {
  return bucketOfHash(Number.parseInt(hash.slice(0, 8), 16))
}

/**
 * Checks that the sample of one unit in `oneIn` contains the unit of an identifier hash. The second
 * half decides, which the bucket does not depend on: a sample has the same share of every variant.
 */
export function isSampled(hash: string, oneIn: number): boolean {
  return isInSample(Number.parseInt(hash.slice(8), 16), oneIn)
}

function isInSample(low: number, oneIn: number): boolean {
  // The product stays below 2 ** 53. A factor that is no number leaves all units in the sample.
  return !(low * oneIn >= HASH_SPACE)
}

function bucketOfHash(hash: number): number {
  // The product stays below 2 ** 53, so it is exact.
  return Math.floor((hash * BUCKETS) / HASH_SPACE)
}

/** Returns the eight lower-case hexadecimal digits of an unsigned 32-bit integer. */
export function hex8(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function murmur3Bytes(text: string, seed: number): number {
  // A UTF-16 unit encodes to at most three bytes, so the buffer always holds the whole text.
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3)
  const length = writeUtf8(text)
  const blocksEnd = length & ~3
  let hash = seed | 0
  let check = 0

  for (let i = 0; i < blocksEnd; i += 4) {
    const block =
      scratch[i]! | (scratch[i + 1]! << 8) | (scratch[i + 2]! << 16) | (scratch[i + 3]! << 24)
    hash = mixBlock(hash, block)
    check = addBlock(check, block)
  }
  let tail = 0
  for (let i = length - 1; i >= blocksEnd; i -= 1) tail = (tail << 8) | scratch[i]!

  lastCheck = addBlock(check, tail ^ length)
  return finish(hash ^ scramble(tail), length)
}

/**
 * Writes the UTF-8 bytes of a text into `scratch` and returns their number. Not every test
 * environment has a TextEncoder, and units are short: most are written faster here.
 */
function writeUtf8(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i += 1) {
    let code = text.codePointAt(i)!
    if (code > 0xffff) i += 1
    if (code >> 11 === 0x1b) code = 0xfffd
    let shift = code < 0x80 ? 0 : code < 0x800 ? 6 : code < 0x10000 ? 12 : 18
    // The leading byte has as many high ones as the character has bytes; the array drops the rest.
    scratch[length++] = shift ? (0xf00 >> (1 + shift / 6)) | (code >> shift) : code
    while (shift > 0) {
      shift -= 6
      scratch[length++] = 0x80 | ((code >> shift) & 0x3f)
    }
  }
  return length
}

function scramble(block: number): number {
  const mixed = Math.imul(block, C1)
  return Math.imul((mixed << 15) | (mixed >>> 17), C2)
}

function mixBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function addBlock(check: number, block: number): number {
  return (Math.imul(check, 0x9e3779b1) + block) | 0
}

function finish(hash: number, length: number): number {
  let mixed = hash ^ length
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
