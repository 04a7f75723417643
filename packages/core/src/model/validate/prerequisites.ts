import { closest } from '../../closest.ts'
import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Edit, Flag } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'

/**
 * The maximum number of flags in a message and of reported chains: one edit can break thousands.
 */
const MAX_NAMED_FLAGS = 10

/**
 * Returns the issues between flags and their prerequisites, in both directions: an edit may name a
 * missing flag, or remove a variant that another flag needs. The prerequisites of an archived flag
 * do not count until it is restored.
 */
export function validatePrerequisites(
  state: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  const edited = new Set(edits.filter(({ kind }) => kind === 'flag').map(({ key }) => key))
  if (edited.size === 0) return []
  const issues: Issue[] = []
  for (const flag of state.flags.values()) {
    if (flag.archivedAt !== undefined) continue
    const isEdited = edited.has(flag.key)
    for (const [i, { flag: key, variants }] of flag.prerequisites.entries()) {
      if (!isEdited && !edited.has(key)) continue
      const message = prerequisiteProblem(flag, { key, variants }, state)
      const path = isEdited ? `flag:${flag.key}.prerequisites.${i}` : `flag:${key}`
      if (message !== undefined) issues.push({ path, message })
    }
  }
  return issues
}

function prerequisiteProblem(
  flag: Flag,
  { key, variants }: { key: string; variants: readonly string[] },
  state: ProjectState,
): string | undefined {
  const needed = state.flags.get(key)
  const subject = `Flag "${flag.key}" has the prerequisite "${key}"`
  if (needed === undefined) return `${subject}, which does not exist. ${cureFor(key, flag, state)}`
  if (needed.archivedAt !== undefined)
    return `${subject}, which is archived. Keep it active, or remove the prerequisite first.`
  const missing = variants.find((name) => !needed.variants.some((one) => one.key === name))
  if (missing !== undefined)
    return `${subject} with the variant "${missing}", which does not exist. Use an existing variant.`
  if (flag.clientVisible && !needed.clientVisible)
    return `${subject}, which is not visible to clients, but "${flag.key}" is. Set the same "clientVisible" for both.`
  return undefined
}

function cureFor(missing: string, { key: own }: Flag, { flags }: ProjectState): string {
  const others = [...flags.keys()].filter((key) => key !== own)
  const nearest = closest(missing, others)
  return nearest === undefined
    ? 'Create it, or remove the prerequisite.'
    : `Did you mean "${nearest}"?`
}

/** Returns the chains of prerequisites that edits turn into a cycle or make too long. */
export function validateChains(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  if (!edits.some(({ kind }) => kind === 'flag')) return []
  const depths = depthsOf(after)
  const tooDeep = [...depths].filter(([, depth]) => depth > LIMITS.prerequisiteDepth)
  if (tooDeep.length === 0) return []

  // An older issue must not block this change.
  const previous = depthsOf(before)
  return tooDeep
    .filter(([key, depth]) => depth > (previous.get(key) ?? 0))
    .slice(0, MAX_NAMED_FLAGS)
    .map(([key, depth]) => ({
      path: `flag:${key}.prerequisites`,
      message:
        depth === Number.POSITIVE_INFINITY
          ? `Flag "${key}" would be its own prerequisite: ${chainFrom(key, after, depths)}. Remove one of these prerequisites.`
          : `The prerequisites of flag "${key}" would be ${depth} levels deep: ${chainFrom(key, after, depths)}. Shorten the chain to ${LIMITS.prerequisiteDepth} levels.`,
    }))
}

/**
 * The length of the longest chain of prerequisites of each active flag; infinite on a cycle and
 * above one.
 */
function depthsOf(state: ProjectState): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const pendingCounts = new Map<string, number>()
  const dependents = new Map<string, string[]>()
  const ready: string[] = []
  for (const { key } of activeFlags(state)) {
    const prerequisites = activePrerequisites(state, key)
    depths.set(key, 0)
    pendingCounts.set(key, prerequisites.length)
    if (prerequisites.length === 0) ready.push(key)
    for (const other of prerequisites) {
      const known = dependents.get(other)
      if (known === undefined) dependents.set(other, [key])
      else known.push(key)
    }
  }

  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    for (const dependent of dependents.get(key) ?? []) {
      depths.set(dependent, Math.max(depths.get(dependent)!, depths.get(key)! + 1))
      pendingCounts.set(dependent, pendingCounts.get(dependent)! - 1)
      if (pendingCounts.get(dependent) === 0) ready.push(dependent)
    }
  }
  for (const [key, left] of pendingCounts) if (left > 0) depths.set(key, Number.POSITIVE_INFINITY)
  return depths
}

/** The longest chain of a flag's prerequisites as text; a cycle ends after one round. */
function chainFrom(
  start: string,
  state: ProjectState,
  depths: ReadonlyMap<string, number>,
): string {
  const chain: string[] = []
  let next: string | undefined = start
  while (next !== undefined && !chain.includes(next) && chain.length < MAX_NAMED_FLAGS) {
    chain.push(next)
    next = deepestOf(activePrerequisites(state, next), depths)
  }
  const end = next === undefined ? [] : [chain.includes(next) ? next : '…']
  return [...chain, ...end].join(' → ')
}

function deepestOf(
  keys: readonly string[],
  depths: ReadonlyMap<string, number>,
): string | undefined {
  let deepest: string | undefined
  for (const key of keys)
    if (deepest === undefined || depths.get(key)! > depths.get(deepest)!) deepest = key
  return deepest
}

function activeFlags(state: ProjectState): readonly Flag[] {
  return [...state.flags.values()].filter(({ archivedAt }) => archivedAt === undefined)
}

/** Returns the active flags that a flag names as prerequisites. */
function activePrerequisites(state: ProjectState, key: string): readonly string[] {
  const named = state.flags.get(key)?.prerequisites ?? []
  return named
    .map(({ flag }) => flag)
    .filter((other) => {
      const flag = state.flags.get(other)
      return flag !== undefined && flag.archivedAt === undefined
    })
}
