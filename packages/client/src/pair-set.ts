/** A set of pairs of 32-bit integers. */
export interface PairSet {
  /** Whether a pair was not in the set; from now on it is. Allocates nothing, unless the set grows. */
  add(first: number, second: number): boolean
  clear(): void
}

const FEWEST_SLOTS = 256
/** 4 MB: some 260,000 pairs. */
const MOST_SLOTS = 2 ** 19

/** An open-addressed table, at most half full. One that cannot grow any more is emptied instead. */
export function createPairSet(): PairSet {
  let size = 0
  let table = new Int32Array(2 * FEWEST_SLOTS)

  const add = (first: number, second: number): boolean => {
    const last = table.length - 2
    // Zero marks what is empty.
    const mark = second || 1
    let i = ((first ^ mark) << 1) & last
    for (; table[i + 1] !== 0; i = (i + 2) & last)
      if (table[i + 1] === mark && table[i] === first) return false
    table[i] = first
    table[i + 1] = mark
    size += 1
    if (size > table.length / 4) grow()
    return true
  }

  const grow = () => {
    const old = table
    clear(Math.min(2 * old.length, 2 * MOST_SLOTS))
    if (table.length > old.length)
      for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) add(old[i]!, old[i + 1]!)
  }
  const clear = (length = 2 * FEWEST_SLOTS) => {
    size = 0
    table = new Int32Array(length)
  }
  return { add, clear: () => clear() }
}
