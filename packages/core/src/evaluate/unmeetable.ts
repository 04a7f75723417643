import type { PreparedFlag } from './prepared-flag.ts'

/** Longer chains are never met: evaluation follows them, and its stack has an end. */
const MAX_DEPTH = 32

/**
 * The flags whose prerequisites can never be met: they are on a cycle, depend on one, or depend on a chain
 * of more than 32 (`docs/spec.md` §3, step 4). Each round, a flag becomes at least one deeper than what it names: depths that
 * have an end come to rest within 32 rounds, and a cycle passes them.
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
