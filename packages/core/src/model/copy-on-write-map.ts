/** Entries of a chunk, as a power of two: copying one takes less than a microsecond. */
const CHUNK_BITS = 8
const CHUNK_LENGTH = 1 << CHUNK_BITS

/** Consecutive entries of a map; a deleted one has no key. */
interface Chunk<V> {
  /** The map that may change the chunk in place, by its present token. */
  readonly owner: object
  readonly keys: (string | undefined)[]
  readonly values: (V | undefined)[]
}

/**
 * A `Map` whose copies cost almost nothing, whatever its size: a copy shares all entries until one
 * of both maps changes, and the change copies only one chunk of them. Iterates in the order of
 * insertion, as a `Map` does.
 */
export class CopyOnWriteMap<V> implements ReadonlyMap<string, V> {
  #size = 0
  /** Entries in the order of their places. */
  #chunks: Chunk<V>[] = []
  /** The number of places in use, those of deleted entries included. */
  #length = 0
  /**
   * The place of each key in all maps that share the index. A map may lack a key that another one
   * has, so a lookup compares the key at the place.
   */
  #index = new Map<string, number>()
  #isIndexShared = false
  #owner = {}

  constructor(entries: Iterable<readonly [string, V]> = []) {
    for (const [key, value] of entries) this.set(key, value)
  }

  get size(): number {
    return this.#size
  }

  copy(): CopyOnWriteMap<V> {
    const copy = new CopyOnWriteMap<V>()
    // The index of an empty map would collect the keys of all copies, such as of all projects.
    if (this.#size === 0) return copy
    copy.#size = this.#size
    copy.#chunks = [...this.#chunks]
    copy.#length = this.#length
    copy.#index = this.#index
    copy.#isIndexShared = true
    // This map may no longer change in place what the copy shares.
    this.#owner = {}
    this.#isIndexShared = true
    return copy
  }

  get(key: string): V | undefined {
    const place = this.#placeOf(key)
    return place === undefined
      ? undefined
      : this.#chunks[place >> CHUNK_BITS]!.values[place % CHUNK_LENGTH]
  }

  has(key: string): boolean {
    return this.#placeOf(key) !== undefined
  }

  set(key: string, value: V): this {
    const place = this.#placeOf(key) ?? this.#add(key)
    this.#ownChunk(place).values[place % CHUNK_LENGTH] = value
    return this
  }

  delete(key: string): boolean {
    const place = this.#placeOf(key)
    if (place === undefined) return false
    const { keys, values } = this.#ownChunk(place)
    keys[place % CHUNK_LENGTH] = undefined
    values[place % CHUNK_LENGTH] = undefined
    this.#size -= 1
    return true
  }

  *entries(): Generator<[string, V], undefined> {
    for (const { keys, values } of this.#chunks)
      for (let i = 0; i < keys.length; i += 1) {
        const key = keys[i]
        if (key !== undefined) yield [key, values[i]!]
      }
  }

  *keys(): Generator<string, undefined> {
    for (const { keys } of this.#chunks)
      for (let i = 0; i < keys.length; i += 1) if (keys[i] !== undefined) yield keys[i]!
  }

  *values(): Generator<V, undefined> {
    for (const { keys, values } of this.#chunks)
      for (let i = 0; i < keys.length; i += 1) if (keys[i] !== undefined) yield values[i]!
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries()
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this)
  }

  /** Yields at least the keys whose values differ from those of a map with which it may share. */
  *keysBeside(other: ReadonlyMap<string, unknown>): Generator<string, undefined> {
    const shared = other instanceof CopyOnWriteMap ? other.#chunks : []
    for (const [i, chunk] of this.#chunks.entries()) {
      if (chunk === shared[i]) continue
      for (const key of chunk.keys) if (key !== undefined) yield key
    }
  }

  #placeOf(key: string): number | undefined {
    const place = this.#index.get(key)
    return place !== undefined &&
      this.#chunks[place >> CHUNK_BITS]?.keys[place % CHUNK_LENGTH] === key
      ? place
      : undefined
  }

  /** Adds a key at the end. Returns its place, whose value is still missing. */
  #add(key: string): number {
    if (Math.max(this.#length, this.#index.size) > 2 * this.#size + CHUNK_LENGTH) this.#compact()
    const place = this.#length
    const other = this.#index.get(key)
    // Another map has the key at another place, or this one had it there.
    if (other !== undefined && other !== place) this.#ownIndex()
    this.#index.set(key, place)
    this.#ownChunk(place).keys[place % CHUNK_LENGTH] = key
    this.#length += 1
    this.#size += 1
    return place
  }

  /** Returns the chunk of a place, as one that this map may change. */
  #ownChunk(place: number): Chunk<V> {
    const at = place >> CHUNK_BITS
    const chunk = this.#chunks[at]
    if (chunk?.owner === this.#owner) return chunk
    const own = {
      owner: this.#owner,
      keys: [...(chunk?.keys ?? [])],
      values: [...(chunk?.values ?? [])],
    }
    this.#chunks[at] = own
    return own
  }

  #ownIndex(): void {
    if (this.#isIndexShared) this.#index = new Map(this.#index)
    this.#isIndexShared = false
  }

  /** Drops the places of deleted entries, and the keys that only other maps have. */
  #compact(): void {
    const compacted = new CopyOnWriteMap(this)
    this.#chunks = compacted.#chunks
    this.#length = compacted.#length
    this.#index = compacted.#index
    this.#isIndexShared = false
    this.#owner = compacted.#owner
  }
}
