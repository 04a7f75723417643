import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Edit, Flag } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'

/** How many flags a message names, and how many chains are named: one edit can spoil thousands. */
const SHOWN = 10

/**
 * What is wrong between flags and the flags that they need, seen from either side: an edit may ask
 * for what is not there, or take away what another flag needs. An archived flag needs nothing until
 * it lives again.
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
      const message = needProblem(flag, state.flags.get(key), { key, variants })
      const path = isEdited ? `flag:${flag.key}.prerequisites.${i}` : `flag:${key}`
      if (message !== undefined) issues.push({ path, message })
    }
  }
  return issues
}

function needProblem(
  flag: Flag,
  needed: Flag | undefined,
  { key, variants }: { key: string; variants: readonly string[] },
): string | undefined {
  const needs = `"${flag.key}" has "${key}" as a prerequisite`
  if (needed === undefined) return `${needs}, which does not exist. Create it, or leave it out.`
  if (needed.archivedAt !== undefined)
    return `${needs}, which is archived. Keep it, or take the prerequisite out first.`
  const missing = variants.find((name) => !needed.variants.some((one) => one.key === name))
  if (missing !== undefined)
    return `${needs} and needs its variant "${missing}", which it does not have. Name one that it has.`
  if (flag.clientVisible && !needed.clientVisible)
    return `${needs} and is visible to clients, which "${key}" is not. Make both visible, or neither.`
  return undefined
}

/** Chains of prerequisites that the edits close to a circle or make too long. */
export function validateChains(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly Issue[] {
  if (!edits.some(({ kind }) => kind === 'flag')) return []
  const depths = depthsOf(after)
  const tooDeep = [...depths].filter(([, depth]) => depth > LIMITS.prerequisiteDepth)
  if (tooDeep.length === 0) return []

  // What was wrong before is not this change's doing.
  const known = depthsOf(before)
  return tooDeep
    .filter(([key, depth]) => depth > (known.get(key) ?? 0))
    .slice(0, SHOWN)
    .map(([key, depth]) => ({
      path: `flag:${key}.prerequisites`,
      message:
        depth === Number.POSITIVE_INFINITY
          ? `"${key}" would need itself: ${chainFrom(key, after, depths)}. Take one of these prerequisites out.`
          : `The prerequisites of "${key}" would be ${depth} deep: ${chainFrom(key, after, depths)}. Shorten the chain to ${LIMITS.prerequisiteDepth}.`,
    }))
}

/**
 * Length of the longest chain of prerequisites below each live flag; infinite on a circle and above
 * one.
 */
function depthsOf(state: ProjectState): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const waitingFor = new Map<string, number>()
  const dependents = new Map<string, string[]>()
  const ready: string[] = []
  for (const { key } of liveFlags(state)) {
    const needed = neededBy(state, key)
    depths.set(key, 0)
    waitingFor.set(key, needed.length)
    if (needed.length === 0) ready.push(key)
    for (const other of needed) {
      const known = dependents.get(other)
      if (known === undefined) dependents.set(other, [key])
      else known.push(key)
    }
  }

  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    for (const dependent of dependents.get(key) ?? []) {
      depths.set(dependent, Math.max(depths.get(dependent)!, depths.get(key)! + 1))
      waitingFor.set(dependent, waitingFor.get(dependent)! - 1)
      if (waitingFor.get(dependent) === 0) ready.push(dependent)
    }
  }
  for (const [key, left] of waitingFor) if (left > 0) depths.set(key, Number.POSITIVE_INFINITY)
  return depths
}

/** The longest chain below a flag, as text; a circle once round. */
function chainFrom(
  start: string,
  state: ProjectState,
  depths: ReadonlyMap<string, number>,
): string {
  const chain: string[] = []
  let next: string | undefined = start
  while (next !== undefined && !chain.includes(next) && chain.length < SHOWN) {
    chain.push(next)
    next = deepestOf(neededBy(state, next), depths)
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

function liveFlags(state: ProjectState): readonly Flag[] {
  return [...state.flags.values()].filter(({ archivedAt }) => archivedAt === undefined)
}

/** Live flags that a flag names as prerequisites. */
function neededBy(state: ProjectState, key: string): readonly string[] {
  const named = state.flags.get(key)?.prerequisites ?? []
  return named
    .map(({ flag }) => flag)
    .filter((other) => {
      const flag = state.flags.get(other)
      return flag !== undefined && flag.archivedAt === undefined
    })
}
