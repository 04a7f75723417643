import {
  environmentOf,
  layerOf,
  type ProjectState,
  readsInstances,
  servingTextIn,
} from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { getOrSet } from '../get-or-set.ts'
import { isRetired } from '../matrix/flag-cells.ts'

/**
 * Returns the number of the configuration that each scope serves. Scopes with equal numbers serve
 * alike, and most scopes have the number 0; of equally many, the first one.
 */
export function configurationsIn(
  state: ProjectState,
  flag: Flag,
  scopes: readonly string[],
): readonly number[] {
  const texts = servingTexts(state, flag, scopes)
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const byCount = [...counts].sort(([, a], [, b]) => b - a)
  const numbers = new Map(byCount.map(([text], i) => [text, i]))
  return texts.map((text) => numbers.get(text)!)
}

/** Computes the configurations of environments, and of those scopes that can differ from theirs. */
function servingTexts(
  state: ProjectState,
  flag: Flag,
  scopes: readonly string[],
): readonly string[] {
  const areSelected = readsInstances(flag)
  const texts = new Map<string, string>()
  return scopes.map((scope) => {
    const isOwn = areSelected || layerOf(flag, scope) !== undefined || isRetired(state, scope)
    const place = isOwn ? scope : environmentOf(scope)!
    return getOrSet(texts, place, () => servingTextIn(state, flag, place))
  })
}
