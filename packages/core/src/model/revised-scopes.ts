import type { Flag } from '../schema/index.ts'
import { instanceOf, scopeChain } from '../scope.ts'
import { layerOf } from './layers.ts'

/** A flag before and after a change. */
export interface RevisedFlag {
  /** Undefined if the change created the flag. */
  readonly before: Flag | undefined
  readonly after: Flag
  /** The number of the change. */
  readonly seq: number
}

/**
 * Returns the scopes in which a change of layers can have changed a flag, from general to specific:
 * those with an edited layer, and those with a layer or a record of their own inside of them. A
 * log can edit thousands of layers one by one, so the other scopes are skipped.
 *
 * @param recorded scopes with a record of their own
 */
export function revisedScopes(
  before: Flag,
  after: Flag,
  recorded: Iterable<string>,
): readonly string[] {
  const edited = editedScopes(before, after)
  if (edited.every((scope) => instanceOf(scope) !== undefined)) return edited
  const outer = new Set(edited)
  return scopesOf([before, after], recorded).filter((scope) =>
    scopeChain(scope).some((one) => outer.has(one)),
  )
}

/** Returns the scopes with a layer or a record of their own, from general to specific. */
export function scopesOf(flags: readonly Flag[], recorded: Iterable<string>): readonly string[] {
  const layered = flags.flatMap(({ layers }) => Object.keys(layers))
  return [...new Set(['*', ...recorded, ...layered])].sort((a, b) => depthOf(a) - depthOf(b))
}

function editedScopes(before: Flag, after: Flag): readonly string[] {
  const changed = Object.keys(after.layers).filter(
    (scope) => layerOf(before, scope) !== layerOf(after, scope),
  )
  const deleted = Object.keys(before.layers).filter((scope) => !Object.hasOwn(after.layers, scope))
  return [...changed, ...deleted]
}

function depthOf(scope: string): number {
  return scopeChain(scope).length
}
