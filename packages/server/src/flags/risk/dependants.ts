import type { ProjectState } from '@flaghoist/core/model'
import { getOrSet } from '../../get-or-set.ts'
import { memoise } from '../../memoise.ts'

/** Lists the live flags that have a flag as a prerequisite, by their keys. */
export function dependantsOf({ flags }: ProjectState, key: string): readonly string[] {
  return dependantsIn(flags).get(key) ?? []
}

/** Returns the keys of the flags that require a flag, also through others, in their order. */
export function allDependantsOf(state: ProjectState, key: string): readonly string[] {
  const found = new Set<string>()
  const queue = [key]
  for (const one of queue)
    for (const dependant of dependantsOf(state, one))
      if (!found.has(dependant)) {
        found.add(dependant)
        queue.push(dependant)
      }
  return [...found].sort()
}

/** The dependants of each flag: a preview of many edits asks for those of many flags. */
const dependantsIn = memoise((flags: ProjectState['flags']) => {
  const dependants = new Map<string, string[]>()
  for (const { key, archivedAt, prerequisites } of flags.values())
    if (archivedAt === undefined)
      for (const flag of new Set(prerequisites.map((one) => one.flag)))
        getOrSet(dependants, flag, () => []).push(key)
  return dependants
})
