import type { ProjectState } from '@flaghoist/core/model'

/** Lists the live flags that have a flag as a prerequisite, by their keys. */
export function dependantsOf({ flags }: ProjectState, key: string): readonly string[] {
  return [...flags.values()]
    .filter(({ archivedAt }) => archivedAt === undefined)
    .filter(({ prerequisites }) => prerequisites.some(({ flag }) => flag === key))
    .map((flag) => flag.key)
}
