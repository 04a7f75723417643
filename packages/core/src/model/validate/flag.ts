import type { Issue } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Flag, Variant } from '../../schema/index.ts'
import type { ProjectState } from '../state.ts'
import { validateLayer } from './layer.ts'

/** What is wrong with a flag's definition, and with its layers in the light of it. */
export function validateFlag(
  before: ProjectState,
  after: ProjectState,
  key: string,
): readonly Issue[] {
  const flag = after.flags.get(key)
  if (flag === undefined) return []
  return [
    ...validateIdentity(before, flag),
    ...validateVariants(flag),
    ...validatePrerequisites(after, flag),
    ...validateDependents(after, flag),
    ...Object.keys(flag.layers).flatMap((scope) =>
      validateLayer(after, key, scope).map(({ path, message }) => ({
        path: `layers.${scope}.${path}`,
        message,
      })),
    ),
  ]
}

/** A key means one thing for ever: code that still asks for a removed flag must never meet another one. */
function validateIdentity(before: ProjectState, flag: Flag): readonly Issue[] {
  const known = before.flags.get(flag.key)
  if (known === undefined && before.editedAt.has(`flag:${flag.key}`))
    return [
      { path: 'key', message: `The key "${flag.key}" was used before and is never given again.` },
    ]
  if (known !== undefined && known.type !== flag.type)
    return [
      { path: 'type', message: `The type stays ${known.type}: code asks for it. Make a new flag.` },
    ]
  return []
}

function validateVariants({ variants, type }: Flag): readonly Issue[] {
  const issues: Issue[] = []
  const seen = new Set<string>()
  for (const [i, variant] of variants.entries()) {
    if (seen.has(variant.key))
      issues.push({
        path: `variants.${i}.key`,
        message: `There are two variants "${variant.key}".`,
      })
    seen.add(variant.key)
    const message = valueProblem(variant, type)
    if (message !== undefined) issues.push({ path: `variants.${i}.value`, message })
  }
  return issues
}

function valueProblem({ key, value }: Variant, type: Flag['type']): string | undefined {
  if (type !== 'json' && typeof value !== type)
    return `The value of "${key}" is ${JSON.stringify(value)?.slice(0, 40)}, not a ${type}.`
  if (type === 'number' && !Number.isFinite(value)) return `The value of "${key}" is not finite.`
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length
  if (bytes > LIMITS.valueBytes)
    return `The value of "${key}" has ${bytes} bytes of JSON; ${LIMITS.valueBytes} are allowed.`
  return undefined
}

function validatePrerequisites(state: ProjectState, flag: Flag): readonly Issue[] {
  const issues: Issue[] = []
  for (const [i, { flag: key, variants }] of flag.prerequisites.entries()) {
    const say = (message: string) => issues.push({ path: `prerequisites.${i}`, message })
    const other = state.flags.get(key)
    // An archived flag may keep what was archived together with it, until it is to live again.
    const isGone = other?.archivedAt !== undefined && flag.archivedAt === undefined
    if (other === undefined || isGone) say(`There is no live flag "${key}".`)
    else {
      const missing = variants.find(
        (name) => !other.variants.some((variant) => variant.key === name),
      )
      if (missing !== undefined) say(`The flag "${key}" has no variant "${missing}".`)
      if (flag.clientVisible && !other.clientVisible)
        say(`"${key}" is not visible to clients, but "${flag.key}" is and depends on it.`)
    }
  }
  if (issues.length > 0) return issues

  const depth = depthOf(state, flag.key, new Map())
  if (depth === Number.POSITIVE_INFINITY)
    return [{ path: 'prerequisites', message: `"${flag.key}" would depend on itself.` }]
  if (depth > LIMITS.prerequisiteDepth)
    return [
      {
        path: 'prerequisites',
        message: `Prerequisites would be ${depth} deep; ${LIMITS.prerequisiteDepth} are allowed.`,
      },
    ]
  return []
}

/** What others lean on: variants that they name, visibility, and that the chain through this flag stays short. */
function validateDependents(state: ProjectState, flag: Flag): readonly Issue[] {
  const issues: Issue[] = []
  for (const other of state.flags.values()) {
    if (other.archivedAt !== undefined) continue
    for (const { flag: key, variants } of other.prerequisites) {
      if (key !== flag.key) continue
      const lost = variants.find((name) => !flag.variants.some((variant) => variant.key === name))
      if (lost !== undefined)
        issues.push({ path: 'variants', message: `"${other.key}" needs the variant "${lost}".` })
      if (flag.archivedAt !== undefined)
        issues.push({ path: 'archivedAt', message: `"${other.key}" has it as a prerequisite.` })
      if (other.clientVisible && !flag.clientVisible)
        issues.push({
          path: 'clientVisible',
          message: `"${other.key}" is visible and depends on it.`,
        })
      if (depthOf(state, other.key, new Map()) > LIMITS.prerequisiteDepth)
        issues.push({
          path: 'prerequisites',
          message: `The chain to "${other.key}" would be too deep.`,
        })
    }
  }
  return issues
}

/** Chains longer than this are as bad as a cycle, and are not followed: an import can bring thousands of flags. */
const LONGEST_CHAIN = 64

/** Length of the longest chain of prerequisites below a flag; infinite on a cycle. */
function depthOf(
  state: ProjectState,
  key: string,
  known: Map<string, number>,
  left: number = LONGEST_CHAIN,
): number {
  const depth = known.get(key)
  if (depth !== undefined) return depth
  if (left === 0) return Number.POSITIVE_INFINITY

  known.set(key, Number.POSITIVE_INFINITY) // Met again below itself, it is on a cycle.
  const below = state.flags.get(key)?.prerequisites ?? []
  const depths = below.map(({ flag }) => depthOf(state, flag, known, left - 1))
  const found = below.length === 0 ? 0 : 1 + Math.max(...depths)
  known.set(key, found)
  return found
}
