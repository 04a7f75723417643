/** A set of 32-bit integers that are hashes: their low bits say where they are. */
export interface IntSet {
  /** Whether a hash was not in the set; from now on it is. Allocates nothing, unless the set grows. */
  add(hash: number): boolean
  clear(): void
}

const FEWEST_SLOTS = 512
/** 2 MB: some 260,000 hashes. */
const MAX_SLOTS = 2 ** 19

/** An open-addressed table, at most half full. One that cannot grow any more is emptied instead. */
export function createIntSet(): IntSet {
  let size = 0
  let table = new Int32Array(FEWEST_SLOTS)

  const add = (hash: number): boolean => {
    const last = table.length - 1
    // Zero marks what is empty.
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
  const clear = (slots = FEWEST_SLOTS) => {
    size = 0
    table = new Int32Array(slots)
  }
  return { add, clear: () => clear() }
}
