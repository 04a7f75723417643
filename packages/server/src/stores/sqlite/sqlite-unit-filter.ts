import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { UnitKey } from './sqlite-unit-rows.ts'

/** Units per word of 32 bits: one in a hundred unknown units seems known. */
const UNITS_PER_WORD = 2
/** A megabyte, of which the system provides the parts that are used. */
const MIN_WORDS = 2 ** 18
/** 64 MB. With more units than fit, a filter is right and saves fewer look-ups. */
const MAX_WORDS = 2 ** 24
/** Multiple of its first room at which a filter is read anew: it seems to know more and more. */
const WORN_AT = 4
/** Rows read by one piece of work: some milliseconds. */
const ROWS_PER_PIECE = 5_000

/**
 * A Bloom filter of the units in the table `units`, so that new units are not looked up there: each
 * look-up reads a random page. Without a filter, as after a start, every unit is looked up.
 */
export interface UnitFilter {
  /** Returns false for a unit that the table certainly does not have. */
  mayHave(unit: UnitKey): boolean
  /** Adds a unit that is written to the table. */
  add(unit: UnitKey): void
  /** Reads a piece of the table into a new filter, if one is needed. Returns true if not done. */
  readSome(): boolean
}

export function createUnitFilter(database: DatabaseSync): UnitFilter {
  const read = database.prepare(
    `SELECT attempt, unit & 0xffffffff AS low, unit >> 32 AS high FROM units
     WHERE (attempt, unit) > (?, (? << 32) | ?) ORDER BY attempt, unit LIMIT ?`,
  )
  const isEmpty = database.prepare('SELECT 1 FROM units LIMIT 1').get() === undefined
  let filter = isEmpty ? new Bloom(0) : undefined
  let next: { readonly bloom: Bloom; last: ReadUnit } | undefined

  return {
    mayHave: (unit) => filter?.has(unit) ?? true,
    add(unit) {
      filter?.add(unit)
      next?.bloom.add(unit)
    },
    readSome() {
      if (next === undefined) {
        if (filter !== undefined && !filter.isWorn) return false
        // Counting the rows would take a long turn. The first filter after a start grows instead.
        const bloom = new Bloom(filter?.size ?? 0)
        next = { bloom, last: { attempt: 0, high: -(2 ** 31), low: 0 } }
      }
      const { bloom, last } = next
      const rows = read.all(last.attempt, last.high, last.low, ROWS_PER_PIECE)
      for (const { attempt, high, low } of rows as unknown as ReadUnit[])
        bloom.add({ attempt, high: high >>> 0, low })
      if (rows.length === ROWS_PER_PIECE) {
        next.last = rows.at(-1) as unknown as ReadUnit
        return true
      }
      filter = bloom
      next = undefined
      return false
    },
  }
}

/** A unit of the table, with a signed first half. */
interface ReadUnit {
  readonly attempt: number
  readonly high: number
  readonly low: number
}

/** A set that may seem to have further units. Three bits of one word stand for a unit. */
class Bloom {
  #words: Uint32Array
  /** Number of bits of a hash that name no word. */
  #shift: number
  /** Number of units that it did not seem to have when they were added. */
  size = 0
  readonly #firstRoom: number
  /** Random factors: a client cannot choose units that all seem known. */
  readonly #factors = new Uint32Array(new Uint8Array(randomBytes(16)).buffer).map((one) => one | 1)

  /** @param units number of units to make room for */
  constructor(units: number) {
    const words = 2 ** Math.ceil(Math.log2(Math.max(units / UNITS_PER_WORD, MIN_WORDS)))
    this.#words = new Uint32Array(Math.min(words, MAX_WORDS))
    this.#shift = 32 - Math.log2(this.#words.length)
    this.#firstRoom = Math.max(units, this.#room)
  }

  get isWorn(): boolean {
    return this.size > WORN_AT * this.#firstRoom
  }

  has(unit: UnitKey): boolean {
    const bits = bitsOf(this.#hash(unit, 3))
    return (this.#words[this.#hash(unit, 2) >>> this.#shift]! & bits) === bits
  }

  add(unit: UnitKey): void {
    if (this.has(unit)) return
    if (this.size >= this.#room) this.#grow()
    const word = this.#hash(unit, 2) >>> this.#shift
    this.#words[word] = this.#words[word]! | bitsOf(this.#hash(unit, 3))
    this.size += 1
  }

  get #room(): number {
    return this.#words.length * UNITS_PER_WORD
  }

  /** Doubles the words. The units of a word may now belong to either of two, so both have them. */
  #grow(): void {
    if (this.#words.length >= MAX_WORDS) return
    const words = new Uint32Array(2 * this.#words.length)
    // A plain loop: an iterator, or `fill`, would hold up other work for long.
    for (let i = 0; i < words.length; i += 1) words[i] = this.#words[i >>> 1]!
    this.#words = words
    this.#shift -= 1
  }

  /** Returns one of two hashes, which differ by the factor of the second half. */
  #hash({ attempt, high, low }: UnitKey, factor: 2 | 3): number {
    const [a, b] = this.#factors as unknown as [number, number] // Four, as made above.
    const own = this.#factors[factor]!
    return (Math.imul(attempt, a) + Math.imul(high, b) + Math.imul(low, own)) >>> 0
  }
}

/** Returns three bits, chosen by the first 15 bits of a hash. */
function bitsOf(hash: number): number {
  return (1 << (hash >>> 27)) | (1 << ((hash >>> 22) & 31)) | (1 << ((hash >>> 17) & 31))
}
