import { EVERYWHERE, isWithin, type ProjectState, scopeChain } from '@flaghoist/core/model'
import type { Flag, Kill } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import { layerEdit, layerName, ownLayer } from '../flags/layers/find-layer.ts'
import { scopeExists, scopeNotFound } from '../projects/not-found.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { type KillAuthority, type KillScopes, sortScopes } from './kill-scopes.ts'
import { type KillSelector, type KillTargets, selectTargets } from './select.ts'

/** A flag in a scope. */
export interface KillTarget {
  readonly flag: string
  readonly scope: string
}

/** A flag of a project, and the scopes that a request names; undefined for all of the key. */
export interface FlagScopes {
  readonly project: string
  readonly flag: string
  readonly scopes?: readonly string[] | undefined
}

/**
 * Kills one flag in some scopes. Unusable ones are left out, unless none is left.
 * @param authority the key, with the scope that it is bound to
 */
export function killFlag(
  { project, flag, scopes }: FlagScopes,
  kill: Kill,
  authority: KillAuthority,
): Write {
  const sorted = (state: ProjectState) => scopesToKill(state, scopes, authority)
  return {
    project,
    action: 'flag.kill',
    reason: kill.reason || undefined,
    urgent: true,
    names: (state) => layerNames(flag, sorted(state).usable),
    plan(state) {
      const { usable, errors } = sorted(state)
      if (usable.length === 0 && errors[0] !== undefined) throw errors[0]
      return planKill(
        state,
        usable.map((scope) => ({ flag, scope })),
        kill,
      )
    },
  }
}

/** The usable scopes of a kill, and the errors of the others. */
export function scopesToKill(
  state: ProjectState,
  scopes: readonly string[] | undefined,
  authority: KillAuthority,
): KillScopes {
  return sortScopes(state, scopes ?? [authority.scope ?? EVERYWHERE], authority)
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
    reason: kill.reason || undefined,
    urgent: true,
    plan: (state) => planKillByTag(state, selectTargets(state, selector, authority), kill),
  }
}

/** Restores a killed flag in the given scopes, or everywhere that the key may. */
export function restoreFlag(
  { project, flag, scopes }: FlagScopes,
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
 * Plans the one edit that kills flags in scopes. It names only flags that it changes, so that a
 * repeated kill changes nothing.
 */
export function planKillByTag(
  state: ProjectState,
  { flags, scopes }: KillTargets,
  killed: Kill,
): readonly PlannedEdit[] {
  const live = flags.filter((key) => {
    const flag = findFlag(state, key)
    return scopes.some((scope) => ownLayer(flag, scope)?.killed === undefined)
  })
  if (live.length === 0) return []
  const key = `kill-${state.version + 1}`
  return [{ kind: 'kill', key, after: { key, flags: live, scopes: [...scopes], killed } }]
}

/**
 * Plans the edits that remove kills, in the given scopes or in all within `authority`.
 * @throws {FlaghoistError} `SCOPE_NOT_FOUND` for a misspelt scope; `NOT_ON_SCOPE` if the kill of a
 * wider scope would still apply
 */
export function planRestore(
  state: ProjectState,
  key: string,
  scopes: readonly string[] | undefined,
  authority: string | undefined,
): readonly PlannedEdit[] {
  const flag = findFlag(state, key)
  const unknown = scopes?.find((scope) => !scopeExists(state, scope))
  if (unknown !== undefined) throw scopeNotFound(state, unknown)
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
