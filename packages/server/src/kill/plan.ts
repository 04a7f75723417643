import { EVERYWHERE, isWithin, type ProjectState, scopeChain } from '@flaghoist/core/model'
import type { Flag, Kill } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import { layerEdit, layerName, ownLayer } from '../flags/layers/find-layer.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { type KillSelector, selectTargets } from './select.ts'

/** A flag in a scope. */
export interface KillTarget {
  readonly flag: string
  readonly scope: string
}

/** A flag of a project, and the scopes to kill it in. */
export interface FlagScopes {
  readonly project: string
  readonly flag: string
  readonly scopes: readonly string[]
}

/** A flag and the scopes to restore it in; undefined for every scope within the key's own. */
export interface RestoreTarget extends Omit<FlagScopes, 'scopes'> {
  readonly scopes?: readonly string[] | undefined
}

/** Kills one flag in some scopes. */
export function killFlag({ project, flag, scopes }: FlagScopes, kill: Kill): Write {
  return {
    project,
    action: 'flag.kill',
    reason: kill.reason,
    urgent: true,
    names: () => layerNames(flag, scopes),
    plan: (state) =>
      planKill(
        state,
        scopes.map((scope) => ({ flag, scope })),
        kill,
      ),
  }
}

/** Kills every flag that a selector matches, where the key may. */
export function killByTag(
  { project, selector }: { project: string; selector: KillSelector },
  kill: Kill,
  authority: string | undefined,
): Write {
  return {
    project,
    action: 'flag.kill-by-tag',
    reason: kill.reason,
    urgent: true,
    plan: (state) => planKill(state, selectTargets(state, selector, authority), kill),
  }
}

/** Restores a killed flag in the given scopes, or everywhere that the key may. */
export function restoreFlag(
  { project, flag, scopes }: RestoreTarget,
  reason: string | undefined,
  authority: string | undefined,
): Write {
  return {
    project,
    action: 'flag.restore',
    reason,
    urgent: true,
    ...(scopes && { names: () => layerNames(flag, scopes) }),
    plan: (state) => planRestore(state, flag, scopes, authority),
  }
}

/** Plans the edits that make flags serve their off variants. An existing kill stays unchanged. */
export function planKill(
  state: ProjectState,
  targets: readonly KillTarget[],
  kill: Kill,
): readonly PlannedEdit[] {
  return targets.flatMap(({ flag: key, scope }) => {
    const layer = ownLayer(findFlag(state, key), scope) ?? {}
    return layer.killed === undefined ? [layerEdit(key, scope, { ...layer, killed: kill })] : []
  })
}

/**
 * Plans the edits that remove kills, in the given scopes or in all within `authority`.
 * @throws {FlaghoistError} `NOT_ON_SCOPE` if the kill of a wider scope would still apply
 */
export function planRestore(
  state: ProjectState,
  key: string,
  scopes: readonly string[] | undefined,
  authority: string | undefined,
): readonly PlannedEdit[] {
  const flag = findFlag(state, key)
  const killed = killedScopes(flag)
  const wanted = scopes ?? killed.filter((scope) => isWithin(scope, authority))
  // A key that is bound to a scope must not read "restored" while a wider kill still applies.
  for (const scope of scopes ?? [...wanted, authority ?? EVERYWHERE]) {
    const outer = scopeChain(scope).find((one) => killed.includes(one) && !wanted.includes(one))
    if (outer !== undefined) throw problem('NOT_ON_SCOPE', { flag: key, scope, outer })
  }
  return wanted.map((scope) => {
    const { killed: _, ...layer } = ownLayer(flag, scope) ?? {}
    return layerEdit(key, scope, Object.keys(layer).length === 0 ? null : layer)
  })
}

/** The scopes whose layers kill the flag. */
export function killedScopes(flag: Flag): readonly string[] {
  return Object.entries(flag.layers)
    .filter(([, { killed }]) => killed !== undefined)
    .map(([scope]) => scope)
}

function layerNames(flag: string, scopes: readonly string[]): readonly string[] {
  return scopes.map((scope) => layerName({ flag, scope }))
}
