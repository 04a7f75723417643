import type { PreparedFlag } from './prepared-flag.ts'

/** The length limit of a chain of prerequisites: evaluation recurses along the chain. */
export const MAX_DEPTH = 32
const TOO_DEEP = MAX_DEPTH + 1

/**
 * Returns a function that measures the longest chain of prerequisites below a flag, and remembers
 * it. The result is above {@link MAX_DEPTH} for a longer chain, for a flag on a cycle, and for one
 * that depends on a cycle: such prerequisites are never met (`docs/spec.md` §3, step 4).
 *
 * A search ends at its first chain that is too long, which a cycle always has. It then settles the
 * flag that it started from; every flag that a search leaves behind is settled for good. So each
 * search takes at most a step per new flag and prerequisite, and one more chain.
 *
 * @param find returns a flag; undefined for one that is missing or broken, whose depth is 0
 */
export function createDepths(
  find: (key: string) => PreparedFlag | undefined,
): (flag: PreparedFlag) => number {
  const depths = new Map<PreparedFlag, number>()

  /** Returns the depth of a flag, or `TOO_DEEP` if it is above `limit`. */
  const search = (flag: PreparedFlag, limit: number): number => {
    const known = depths.get(flag)
    if (known !== undefined) return known > limit ? TOO_DEEP : known
    let depth = 0
    for (const { flag: key } of flag.prerequisites) {
      if (limit === 0) return TOO_DEEP
      const other = find(key)
      const below = other === undefined ? 0 : search(other, limit - 1)
      if (below === TOO_DEEP) return TOO_DEEP
      depth = Math.max(depth, below + 1)
    }
    depths.set(flag, depth)
    return depth
  }

  return (flag) => {
    const known = depths.get(flag)
    if (known !== undefined) return known
    const depth = search(flag, MAX_DEPTH)
    depths.set(flag, depth)
    return depth
  }
}
