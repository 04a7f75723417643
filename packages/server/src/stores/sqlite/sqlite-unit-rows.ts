import { randomBytes } from 'node:crypto'

/** The key of a unit within an attempt. */
export interface UnitKey {
  /** Id of the attempt's row. */
  readonly attempt: number
  /** First and second half of the unit, unsigned 32-bit integers. */
  readonly high: number
  readonly low: number
}

/** One exposure of a unit: a row of the table `units`, without its key. */
export interface UnitExposure {
  readonly revision: number
  /** Id of the cell's row. */
  readonly cell: number
  /** Epoch ms. */
  readonly minute: number
  /** Bits of the metrics that were counted at this exposure. */
  readonly metrics: number
  /** True if no allocation of the attempt had exposed the unit before. */
  readonly isFirst: boolean
}

/** The number of no row. */
export const NONE = -1
/** Size of a row in memory and in the log. */
export const ROW_BYTES = 40

const LOW = 0
const HIGH = 4
const ATTEMPT = 8
const CELL = 12
const REVISION = 16
const MINUTE = 24
/** The metrics, and the bit `FIRST`, which follows those of 50 metrics. */
const STATE = 32
const FIRST = 2 ** 50
const LITTLE_ENDIAN = true

/**
 * Rows of units in memory, found by attempt and unit. An object for each would take several times
 * the memory, and the time of the garbage collector. Rows are numbered in the order of their
 * addition and lie in the form of the log, in the same byte order on every machine.
 */
export class UnitRows {
  size = 0
  #bytes = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  /** Number of the next row of the same unit. */
  #following = new Int32Array(0)
  /** Numbers of first rows by hash, plus one; 0 is an empty slot. */
  #slots = new Int32Array(0)
  /** Number of bits of a hash that name no slot. */
  #shift = 32
  /** Random factors: a client cannot choose units that share their slots. */
  readonly #factors = new Uint32Array(new Uint8Array(randomBytes(12)).buffer).map((one) => one | 1)

  /** Returns the first row of a unit. */
  find(key: UnitKey): number {
    return this.size === 0 ? NONE : this.#slots[this.#slotOf(key)]! - 1
  }

  /** Returns the row of a unit in a revision, given the first row of the unit. */
  ofRevision(first: number, revision: number): number {
    for (let row = first; row !== NONE; row = this.#following[row]!)
      if (this.#view.getFloat64(row * ROW_BYTES + REVISION, LITTLE_ENDIAN) === revision) return row
    return NONE
  }

  /** Returns the row of the first exposure of a unit, given the first row of the unit. */
  ofFirstExposure(first: number): number {
    for (let row = first; row !== NONE; row = this.#following[row]!)
      if (this.#state(row) >= FIRST) return row
    return NONE
  }

  /** Returns true if a unit has a metric, given the first row of the unit. */
  hasMetric(first: number, bit: number): boolean {
    for (let row = first; row !== NONE; row = this.#following[row]!)
      if (Math.floor(this.#state(row) / bit) % 2 === 1) return true
    return false
  }

  /** Adds a metric that the row does not have. */
  addMetric(row: number, bit: number): void {
    this.#view.setFloat64(row * ROW_BYTES + STATE, this.#state(row) + bit, LITTLE_ENDIAN)
  }

  /** Adds a row, which its unit does not have. */
  append(key: UnitKey, { revision, cell, minute, metrics, isFirst }: UnitExposure): void {
    const at = this.#take(key)
    const view = this.#view
    view.setUint32(at + LOW, key.low, LITTLE_ENDIAN)
    view.setUint32(at + HIGH, key.high, LITTLE_ENDIAN)
    view.setUint32(at + ATTEMPT, key.attempt, LITTLE_ENDIAN)
    view.setUint32(at + CELL, cell, LITTLE_ENDIAN)
    view.setFloat64(at + REVISION, revision, LITTLE_ENDIAN)
    view.setFloat64(at + MINUTE, minute, LITTLE_ENDIAN)
    view.setFloat64(at + STATE, isFirst ? FIRST + metrics : metrics, LITTLE_ENDIAN)
  }

  /** Adds all rows of a unit, given its first row among others. */
  copyUnit(from: UnitRows, first: number): void {
    for (let row = first; row !== NONE; row = from.#following[row]!) this.put(from.bytesOf(row))
  }

  /** Adds a row in the form of the log, or replaces the one of its unit and revision. */
  put(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, ROW_BYTES)
    const key = {
      attempt: view.getUint32(ATTEMPT, LITTLE_ENDIAN),
      high: view.getUint32(HIGH, LITTLE_ENDIAN),
      low: view.getUint32(LOW, LITTLE_ENDIAN),
    }
    const known = this.ofRevision(this.find(key), view.getFloat64(REVISION, LITTLE_ENDIAN))
    const at = known === NONE ? this.#take(key) : known * ROW_BYTES
    this.#bytes.set(bytes, at)
  }

  /** Returns rows in the form of the log. Valid until the next addition. */
  bytesOf(start: number, end = start + 1): Uint8Array {
    return this.#bytes.subarray(start * ROW_BYTES, end * ROW_BYTES)
  }

  keyOf(row: number): UnitKey {
    const at = row * ROW_BYTES
    return {
      attempt: this.attemptOf(row),
      high: this.#view.getUint32(at + HIGH, LITTLE_ENDIAN),
      low: this.#view.getUint32(at + LOW, LITTLE_ENDIAN),
    }
  }

  attemptOf(row: number): number {
    return this.#view.getUint32(row * ROW_BYTES + ATTEMPT, LITTLE_ENDIAN)
  }

  /** Returns the unit as the signed 64-bit integer that SQLite stores. */
  unitOf(row: number): bigint {
    return this.#view.getBigInt64(row * ROW_BYTES, LITTLE_ENDIAN)
  }

  /** Returns the place of a row in SQLite's order: its attempt, plus a fraction for its unit. */
  placeOf(row: number): number {
    const high = this.#view.getInt32(row * ROW_BYTES + HIGH, LITTLE_ENDIAN)
    return this.attemptOf(row) + (high + 2 ** 31) / 2 ** 32
  }

  /** Returns true if some attempts have a row. */
  hasAny(attempts: ReadonlySet<number>): boolean {
    for (let row = 0; row < this.size; row += 1) if (attempts.has(this.attemptOf(row))) return true
    return false
  }

  exposureOf(row: number): UnitExposure {
    const at = row * ROW_BYTES
    const state = this.#state(row)
    return {
      revision: this.#view.getFloat64(at + REVISION, LITTLE_ENDIAN),
      cell: this.#view.getUint32(at + CELL, LITTLE_ENDIAN),
      minute: this.#view.getFloat64(at + MINUTE, LITTLE_ENDIAN),
      metrics: state % FIRST,
      isFirst: state >= FIRST,
    }
  }

  clear(): void {
    if (this.size === 0) return
    this.size = 0
    this.#slots.fill(0)
  }

  #state(row: number): number {
    return this.#view.getFloat64(row * ROW_BYTES + STATE, LITTLE_ENDIAN)
  }

  /** Adds an empty row for a unit. Returns the place of its bytes. */
  #take(key: UnitKey): number {
    if (this.size === this.#following.length) this.#grow()
    const row = this.size
    this.size += 1
    this.#following[row] = NONE
    const slot = this.#slotOf(key)
    const first = this.#slots[slot]! - 1
    if (first === NONE) this.#slots[slot] = row + 1
    else this.#following[this.#last(first)] = row
    return row * ROW_BYTES
  }

  #last(first: number): number {
    let row = first
    while (this.#following[row]! !== NONE) row = this.#following[row]!
    return row
  }

  /** Returns the slot of a unit, or the empty one that it would take. */
  #slotOf({ attempt, high, low }: UnitKey): number {
    const view = this.#view
    const last = this.#slots.length - 1
    for (let slot = this.#hash(attempt, high, low); ; slot = slot === last ? 0 : slot + 1) {
      const row = this.#slots[slot]! - 1
      if (row === NONE) return slot
      const at = row * ROW_BYTES
      if (
        view.getUint32(at + LOW, LITTLE_ENDIAN) === low &&
        view.getUint32(at + HIGH, LITTLE_ENDIAN) === high &&
        view.getUint32(at + ATTEMPT, LITTLE_ENDIAN) === attempt
      )
        return slot
    }
  }

  #hash(attempt: number, high: number, low: number): number {
    const [a, b, c] = this.#factors as unknown as [number, number, number] // Three, as made above.
    return ((Math.imul(attempt, a) + Math.imul(high, b) + Math.imul(low, c)) | 0) >>> this.#shift
  }

  #grow(): void {
    const rows = Math.max(1_024, 2 * this.#following.length)
    const bytes = new Uint8Array(rows * ROW_BYTES)
    bytes.set(this.#bytes)
    const following = new Int32Array(rows)
    following.set(this.#following)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
    this.#following = following
    this.#slots = new Int32Array(2 * rows)
    this.#shift = 32 - Math.log2(2 * rows)
    // The first row of a unit comes before its others, which find its slot taken.
    for (let row = 0; row < this.size; row += 1) {
      const slot = this.#slotOf(this.keyOf(row))
      if (this.#slots[slot] === 0) this.#slots[slot] = row + 1
    }
  }
}
