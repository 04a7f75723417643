import type { PreparedFlag } from './prepared-flag.ts'

/** The length limit of a chain of prerequisites: evaluation recurses along the chain. */
const MAX_DEPTH = 32

/**
 * Returns the flags whose prerequisites can never be met: flags on a cycle, flags that depend on a
 * cycle, and flags above a chain of more than 32 (`docs/spec.md` §3, step 4). Each round makes a
 * flag at least one deeper than its deepest prerequisite. Finite depths settle within 32 rounds; a
 * cycle exceeds the limit.
 */
export function findUnmeetable(
  flags: ReadonlyMap<string, PreparedFlag>,
): ReadonlySet<PreparedFlag> {
  const depths = new Map<PreparedFlag, number>()
  const dependent = [...flags.values()].filter(({ prerequisites }) => prerequisites.length > 0)
  for (let round = 0; round <= MAX_DEPTH; round += 1)
    for (const flag of dependent) {
      let deepest = 0
      for (const { flag: key } of flag.prerequisites)
        deepest = Math.max(deepest, depths.get(flags.get(key)!) ?? 0)
      depths.set(flag, deepest + 1)
    }
  return new Set(dependent.filter((flag) => depths.get(flag)! > MAX_DEPTH))
}
