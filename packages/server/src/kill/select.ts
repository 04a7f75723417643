import type { FlaghoistError } from '@flaghoist/core'
import { EVERYWHERE, isWithin, type ProjectState } from '@flaghoist/core/model'
import { entityNotFound } from '../projects/not-found.ts'
import { hasTags, instanceScopes } from '../projects/select-instances.ts'
import { visibleEnvironments } from '../projects/visibility.ts'

/** Further errors say little more, and each of them costs the search of a suggestion. */
export const MAX_ERRORS = 20

/** The flags and scopes to kill in an emergency in which the failing flag is unknown. */
export interface KillSelector {
  /** Tags that a flag must have, all of them. By default every flag matches. */
  readonly flagTags?: Readonly<Record<string, string>> | undefined
  /** Tags that an instance must have, all of them. By default the kill applies everywhere. */
  readonly instanceTags?: Readonly<Record<string, string>> | undefined
  /** Environments of the instances. By default all. */
  readonly environments?: readonly string[] | undefined
}

/** Flags, and the scopes to kill all of them in. */
export interface KillTargets {
  readonly flags: readonly string[]
  readonly scopes: readonly string[]
}

/**
 * Selects the live flags that match, and the scopes to kill them in. Permanent flags are never
 * selected.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND` if none of the environments exists
 */
export function selectTargets(
  state: ProjectState,
  { flagTags = {}, instanceTags, environments }: KillSelector,
  authority: string | undefined,
): KillTargets {
  const [unknown] = unknownEnvironments(state, environments, authority)
  const visible = visibleEnvironments(state, authority)
  const known = environments?.filter((key) => visible.includes(key))
  if (unknown !== undefined && known?.length === 0) throw unknown

  const flags = [...state.flags.values()].filter(
    ({ archivedAt, permanent, tags }) =>
      archivedAt === undefined && !permanent && hasTags(tags, flagTags),
  )
  const scopes =
    instanceTags === undefined
      ? (known ?? [authority ?? EVERYWHERE])
      : instanceScopes(state, instanceTags, known)
  return {
    flags: flags.map(({ key }) => key),
    scopes: [...new Set(scopes.flatMap((scope) => allowedPart(scope, authority)))],
  }
}

/** The errors of the selected environments that do not exist, or that the key does not see. */
export function unknownEnvironments(
  state: ProjectState,
  wanted: readonly string[] | undefined,
  authority: string | undefined,
): readonly FlaghoistError[] {
  const visible = visibleEnvironments(state, authority)
  return (wanted ?? [])
    .filter((key) => !visible.includes(key))
    .slice(0, MAX_ERRORS)
    .map((key) => entityNotFound('environment', key, visible))
}

/** The part of a scope that a key may change: an emergency kills at least what the key may kill. */
export function allowedPart(scope: string, authority: string | undefined): readonly string[] {
  if (authority === undefined || isWithin(scope, authority)) return [scope]
  return isWithin(authority, scope) ? [authority] : []
}
