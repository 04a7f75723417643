import type { Flag } from '../schema/index.ts'
import { buildScope, environmentOf, instanceOf, isWithin } from '../scope.ts'
import { changedKeys } from './compile/changed-keys.ts'
import { segmentsInLayers } from './named-segments.ts'
import { layersRevision, servedConfiguration } from './served-configuration.ts'
import { specialInstances } from './special-instances.ts'
import type { ProjectState } from './state.ts'

/**
 * Returns the keys of the flags that the last change can have affected in a scope or within it.
 * Exact as far as revisions are: a description, an overridden layer or a new flag that is off
 * affects no scope.
 *
 * @param before the state before the change
 * @param after the state after the change
 * @param scope an environment, or an instance in one
 */
export function affectedFlags(
  before: ProjectState,
  after: ProjectState,
  scope: string,
): readonly string[] {
  const segments = new Set(changedKeys(before.segmentRevisions, after.segmentRevisions))
  const instances = scopesWithin(
    scope,
    changedKeys(before.instanceRevisions, after.instanceRevisions),
  )
  const isWide = segments.size > 0 || instances.length > 0
  const keys = isWide ? [...after.flags.keys()] : changedKeys(before.flags, after.flags)
  return keys.filter((key) => {
    const flag = after.flags.get(key)
    if (flag === undefined) return false
    const isChanged = before.flags.get(key) !== flag || namesAny(flag, segments)
    // An unchanged flag is served differently only in the instances that changed.
    const own = isChanged
      ? [scope, ...scopesWithin(scope, specialInstances(after, flag, environmentOf(scope)))]
      : []
    return isAffected(before, after, flag, [...own, ...instances])
  })
}

/**
 * Returns the scopes of a list in which the last change can have affected a flag, each with the
 * first such flag. Concerns each scope alone, not the scopes within it.
 *
 * @param scopes of environments and of instances
 */
export function affectedScopes(
  before: ProjectState,
  after: ProjectState,
  scopes: readonly string[],
): ReadonlyMap<string, string> {
  const isWide =
    before.segmentRevisions !== after.segmentRevisions ||
    before.instanceRevisions !== after.instanceRevisions
  const keys = isWide ? after.flags.keys() : changedKeys(before.flags, after.flags)
  const comparison = comparisonOf(before, after)
  const affected = new Map<string, string>()
  for (const key of keys) {
    const left = scopes.filter((scope) => !affected.has(scope))
    if (left.length === 0) break
    for (const scope of affectedAmong(comparison, key, left)) affected.set(scope, key)
  }
  return affected
}

/**
 * Returns the scopes of a list in which the last change can have affected one flag. Concerns each
 * scope alone, not the scopes within it.
 */
export function affectedScopesOf(
  before: ProjectState,
  after: ProjectState,
  key: string,
  scopes: readonly string[],
): readonly string[] {
  return affectedAmong(comparisonOf(before, after), key, scopes)
}

interface Comparison {
  readonly before: ProjectState
  readonly after: ProjectState
  /** Segments that have changed. */
  readonly segments: ReadonlySet<string>
  /** Instances that have changed, also those that were deleted. */
  readonly instances: ReadonlySet<string>
}

function comparisonOf(before: ProjectState, after: ProjectState): Comparison {
  return {
    before,
    after,
    segments: new Set(changedKeys(before.segmentRevisions, after.segmentRevisions)),
    instances: new Set(changedKeys(before.instanceRevisions, after.instanceRevisions)),
  }
}

function affectedAmong(
  { before, after, segments, instances }: Comparison,
  key: string,
  scopes: readonly string[],
): readonly string[] {
  const flag = after.flags.get(key)
  if (flag === undefined) return []
  const isChanged = before.flags.get(key) !== flag || namesAny(flag, segments)
  const isAffectedIn = memoiseByService({ after, flag, instances }, (scope) =>
    isAffected(before, after, flag, [scope]),
  )
  return scopes.filter((scope) => {
    const instance = instanceOf(scope)
    const isConcerned = isChanged || (instance !== undefined && instances.has(instance))
    return isConcerned && isAffectedIn(scope)
  })
}

interface Service extends Pick<Comparison, 'after' | 'instances'> {
  readonly flag: Flag
}

/** Asks once for all instances of an environment that a flag serves like the environment. */
function memoiseByService(
  { after, flag, instances }: Service,
  ask: (scope: string) => boolean,
): (scope: string) => boolean {
  const special = new Map<string, ReadonlySet<string>>()
  const answers = new Map<string, boolean>()
  return (scope) => {
    const environment = environmentOf(scope)!
    const instance = instanceOf(scope)
    const own =
      special.get(environment) ??
      new Set([...specialInstances(after, flag, environment), ...instances])
    special.set(environment, own)
    const served = instance !== undefined && own.has(instance) ? scope : environment
    const answer = answers.get(served) ?? ask(served)
    answers.set(served, answer)
    return answer
  }
}

function isAffected(
  before: ProjectState,
  after: ProjectState,
  flag: Flag,
  scopes: readonly string[],
): boolean {
  const known = before.flags.get(flag.key)
  if (known !== undefined && known.clientVisible !== flag.clientVisible) return true
  return scopes.some((scope) => {
    // No revision is later. A kill by tag starts one in thousands of scopes.
    if (known !== undefined && layersRevision(after, flag.key, scope) === after.version) return true
    const { on, revision } = servedConfiguration(after, flag, scope)
    // SDKs serve an unknown flag as they serve a new flag that is off.
    return revision === after.version && (known !== undefined || on)
  })
}

/** Returns the scopes of instances that equal a scope or lie within it. */
function scopesWithin(scope: string, instances: readonly string[]): readonly string[] {
  const environment = environmentOf(scope)
  return instances
    .map((instance) => buildScope(environment, instance))
    .filter((one) => isWithin(one, scope))
}

/** Checks that a layer of a flag names one of the segments. */
function namesAny(flag: Flag, segments: ReadonlySet<string>): boolean {
  return segments.size > 0 && segmentsInLayers(flag).some((key) => segments.has(key))
}
