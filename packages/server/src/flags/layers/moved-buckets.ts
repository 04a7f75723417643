import { canonicalJson } from '@flaghoist/core/internal'
import {
  environmentOf,
  type LayerConfiguration,
  layerOf,
  maxMovedBuckets,
  type ProjectState,
  resolveInScope,
} from '@flaghoist/core/model'
import type { Flag, Layer } from '@flaghoist/core/schema'
import { getOrSet } from '../../get-or-set.ts'
import { isRetired } from '../../matrix/flag-cells.ts'
import { findFlag } from '../find-flag.ts'
import { closed, possibleConfigurationsIn, renameVariants } from './possible-configurations.ts'

/** Numbers by the layers that a scope has before and after a change. */
type ByLayers = Map<Layer | undefined, Map<Layer | undefined, number>>

type States = readonly [before: ProjectState, after: ProjectState]

/**
 * Returns a function that counts the buckets of 100,000 of a flag that change variant, or get
 * another value of it, at most between two states, in a scope. Scopes of an environment with the
 * same layers share the count: most instances have none, and a kill by tag gives thousands the same
 * one.
 */
export function movedBucketsOf(states: States, flag: string): (scope: string) => number {
  const [before, after] = states
  const flags = [findFlag(before, flag), findFlag(after, flag)] as const
  const [was, is] = flags
  const count = bucketCounter(states, flags)
  // The layers of other flags decide whether a scope meets its prerequisites.
  if (!hasSamePrerequisites(flags)) return count
  const counts = new Map<string, ByLayers>()
  return (scope) => {
    if (states.some((state) => isRetired(state, scope))) return count(scope)
    const byLayers = getOrSet(counts, environmentOf(scope) ?? scope, (): ByLayers => new Map())
    const alike = getOrSet(
      byLayers,
      layerOf(was, scope),
      () => new Map<Layer | undefined, number>(),
    )
    return getOrSet(alike, layerOf(is, scope), () => count(scope))
  }
}

type Flags = readonly [was: Flag, is: Flag]

/** Returns a function that counts the moved buckets of one scope. */
function bucketCounter(states: States, flags: Flags): (scope: string) => number {
  const [[before, after], [was, is]] = [states, flags]
  const replaced = replacedValues(flags)
  // Another value moves its contexts as another variant does.
  const nameOf = (variant: string) => (replaced.has(variant) ? `${variant}\0` : variant)
  const movedBetween = (from: LayerConfiguration, to: LayerConfiguration) =>
    maxMovedBuckets(from, replaced.size === 0 ? to : renameVariants(to, nameOf))
  if (hasSamePrerequisites(flags))
    return (scope) => {
      const from = resolveInScope(before, was, scope).configuration
      const to = resolveInScope(after, is, scope).configuration
      // The contexts that do not meet the prerequisites have the off variant before and after.
      const ofClosed = was.prerequisites.length > 0 ? movedBetween(closed(from), closed(to)) : 0
      return Math.max(movedBetween(from, to), ofClosed)
    }
  return (scope) => {
    const possibleBefore = possibleConfigurationsIn(before, scope)(was)
    const possibleAfter = possibleConfigurationsIn(after, scope)(is)
    const moved = possibleBefore.flatMap((from) =>
      possibleAfter.map((to) => movedBetween(from, to)),
    )
    return Math.max(...moved)
  }
}

const hasSamePrerequisites = ([was, is]: Flags): boolean =>
  was.prerequisites === is.prerequisites ||
  canonicalJson(was.prerequisites) === canonicalJson(is.prerequisites)

/** Returns the keys of the variants that have another value after a change. */
function replacedValues([was, is]: Flags): ReadonlySet<string> {
  if (was.variants === is.variants) return new Set()
  const values = new Map(was.variants.map(({ key, value }) => [key, canonicalJson(value)]))
  return new Set(
    is.variants
      .filter(({ key, value }) => values.has(key) && values.get(key) !== canonicalJson(value))
      .map(({ key }) => key),
  )
}
