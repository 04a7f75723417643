import type { Flag } from '../schema/index.ts'
import { buildScope, environmentOf, isWithin } from '../scope.ts'
import { changedKeys } from './compile/changed-keys.ts'
import { NO_REVISIONS } from './revisions.ts'
import { servedConfiguration } from './served-configuration.ts'
import type { ProjectState } from './state.ts'

/**
 * Returns the keys of the flags that the last change can have affected in a scope or within it.
 * Exact as far as revisions are: a description, an overridden layer or a new flag that is off
 * affects no scope.
 *
 * @param before the state before the change
 * @param after the state after the change
 */
export function affectedFlags(
  before: ProjectState,
  after: ProjectState,
  scope: string,
): readonly string[] {
  const isWide =
    before.segmentRevisions !== after.segmentRevisions ||
    before.instanceRevisions !== after.instanceRevisions
  const keys = isWide ? [...after.flags.keys()] : changedKeys(before.flags, after.flags)
  return keys.filter((key) => after.flags.has(key) && isAffected(before, after, key, scope))
}

function isAffected(before: ProjectState, after: ProjectState, key: string, scope: string) {
  const [known, flag] = [before.flags.get(key), after.flags.get(key)!]
  if (known !== undefined && known.clientVisible !== flag.clientVisible) return true
  return scopesWithin(after, flag, scope).some((one) => {
    const { on, revision } = servedConfiguration(after, flag, one)
    // SDKs serve an unknown flag as they serve a new flag that is off.
    return revision === after.version && (known !== undefined || on)
  })
}

/** The scope, and the scopes within it in which the flag can be served differently. */
function scopesWithin(state: ProjectState, flag: Flag, scope: string): readonly string[] {
  const revisions = state.flagRevisions.get(flag.key) ?? NO_REVISIONS
  const stage = environmentOf(scope)
  const instances = [...state.instanceRevisions.keys()].map((key) => buildScope(stage, key))
  const known = [...Object.keys(flag.layers), ...revisions.keys(), ...instances]
  return [...new Set([scope, ...known.filter((one) => isWithin(one, scope))])]
}
