/** A set of 32-bit hashes, whose low bits are their place in the table. */
export interface IntSet {
  /** Adds a hash. Returns whether it was missing. Allocates nothing, unless the set grows. */
  add(hash: number): boolean
  clear(): void
}

const MIN_SLOTS = 512
/** 2 MB, for about 260,000 hashes. */
const MAX_SLOTS = 2 ** 19

/**
 * Creates an open-addressed table, at most half full. At its largest size it is emptied instead.
 */
export function createIntSet(): IntSet {
  let size = 0
  let table = new Int32Array(MIN_SLOTS)

  const add = (hash: number): boolean => {
    const last = table.length - 1
    // Zero marks an empty slot.
    const mark = hash | 0 || 1
    let i = mark & last
    for (; table[i] !== 0; i = (i + 1) & last) if (table[i] === mark) return false
    table[i] = mark
    size += 1
    if (size > table.length / 2) grow()
    return true
  }

  const grow = () => {
    const old = table
    clear(Math.min(2 * old.length, MAX_SLOTS))
    if (table.length > old.length) for (const mark of old) if (mark !== 0) add(mark)
  }
  const clear = (slots = MIN_SLOTS) => {
    size = 0
    table = new Int32Array(slots)
  }
  return { add, clear: () => clear() }
}
