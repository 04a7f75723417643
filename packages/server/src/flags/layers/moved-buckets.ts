import {
  environmentOf,
  layerOf,
  maxMovedBuckets,
  type ProjectState,
  resolveInScope,
} from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import { getOrSet } from '../../get-or-set.ts'
import { isRetired } from '../../matrix/flag-cells.ts'
import { findFlag } from '../find-flag.ts'

/** Numbers by the layers that a scope has before and after a change. */
type ByLayers = Map<Layer | undefined, Map<Layer | undefined, number>>

/**
 * Returns a function that counts the buckets of 100,000 of a flag that change variant at most
 * between two states, in a scope. Scopes of an environment with the same layers share the count:
 * most instances have none, and a kill by tag gives thousands the same one.
 */
export function movedBucketsOf(
  states: readonly [before: ProjectState, after: ProjectState],
  flag: string,
): (scope: string) => number {
  const [before, after] = states
  const [was, is] = [findFlag(before, flag), findFlag(after, flag)]
  const count = (scope: string) =>
    maxMovedBuckets(
      resolveInScope(before, was, scope).configuration,
      resolveInScope(after, is, scope).configuration,
    )
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
