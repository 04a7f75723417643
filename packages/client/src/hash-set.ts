/** A set of hashes of 64 bits in two halves; the high half is the place in the table. */
export interface HashSet {
  /** Adds a hash. Returns whether it was missing. Allocates nothing, unless the set grows. */
  add(high: number, low: number): boolean
  clear(): void
}

const MIN_SLOTS = 512
/** 4 MiB, for about 390,000 hashes. */
const MAX_SLOTS = 2 ** 19

/**
 * Creates an open-addressed table, at most three quarters full: a smaller table stays longer in the
 * caches of a processor. At its largest size it is emptied instead.
 */
export function createHashSet(): HashSet {
  let size = 0
  /** The two halves of each slot; a high half of zero marks an empty slot. */
  let table = new Int32Array(2 * MIN_SLOTS)

  const add = (high: number, low: number): boolean => {
    const last = table.length - 2
    const mark = high | 0 || 1
    let i = (mark << 1) & last
    for (; table[i] !== 0; i = (i + 2) & last)
      if (table[i] === mark && table[i + 1] === low) return false
    table[i] = mark
    table[i + 1] = low
    size += 1
    if (size > (table.length / 8) * 3) grow()
    return true
  }

  const grow = () => {
    const old = table
    clear(Math.min(old.length, MAX_SLOTS))
    if (table.length > old.length)
      for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) add(old[i]!, old[i + 1]!)
  }
  const clear = (slots = MIN_SLOTS) => {
    size = 0
    table = new Int32Array(2 * slots)
  }
  return { add, clear: () => clear() }
}
