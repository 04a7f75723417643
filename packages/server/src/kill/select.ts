import type { FlaghoistError } from '@flaghoist/core'
import { buildScope, EVERYWHERE, isWithin, type ProjectState } from '@flaghoist/core/model'
import { entityNotFound } from '../projects/not-found.ts'
import type { KillTarget } from './plan.ts'

/** The flags and scopes to kill in an emergency in which the failing flag is unknown. */
export interface KillSelector {
  /** Tags that a flag must have, all of them. By default every flag matches. */
  readonly flagTags?: Readonly<Record<string, string>> | undefined
  /** Tags that an instance must have, all of them. By default the kill applies everywhere. */
  readonly instanceTags?: Readonly<Record<string, string>> | undefined
  /** Environments of the instances. By default all. */
  readonly environments?: readonly string[] | undefined
}

/**
 * Selects the live flags that match, with the scopes to kill them in. Permanent flags are never
 * selected.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND` if none of the environments exists
 */
export function selectTargets(
  state: ProjectState,
  { flagTags = {}, instanceTags, environments }: KillSelector,
  authority: string | undefined,
): readonly KillTarget[] {
  const [unknown] = unknownEnvironments(state, environments)
  const known = environments?.filter((key) => state.environments.has(key))
  if (unknown !== undefined && known?.length === 0) throw unknown

  const flags = [...state.flags.values()].filter(
    ({ archivedAt, permanent, tags }) =>
      archivedAt === undefined && !permanent && hasTags(tags, flagTags),
  )
  const scopes =
    instanceTags === undefined
      ? (known ?? [authority ?? EVERYWHERE])
      : instanceScopes(state, instanceTags, known)
  const allowed = scopes.flatMap((scope) => allowedPart(scope, authority))
  return flags.flatMap(({ key }) => allowed.map((scope) => ({ flag: key, scope })))
}

/** The errors of the selected environments that do not exist. */
export function unknownEnvironments(
  { environments }: ProjectState,
  wanted: readonly string[] = [],
): readonly FlaghoistError[] {
  return wanted
    .filter((key) => !environments.has(key))
    .map((key) => entityNotFound('environment', key, environments.keys()))
}

function instanceScopes(
  { environments, instances }: ProjectState,
  wantedTags: Readonly<Record<string, string>>,
  wantedEnvironments: readonly string[] = [...environments.keys()],
): readonly string[] {
  const selected = [...instances.values()].filter(({ tags }) => hasTags(tags, wantedTags))
  return wantedEnvironments.flatMap((environment) =>
    selected.map(({ key }) => buildScope(environment, key)),
  )
}

/** The part of a scope that a key may change: an emergency kills at least what the key may kill. */
export function allowedPart(scope: string, authority: string | undefined): readonly string[] {
  if (authority === undefined || isWithin(scope, authority)) return [scope]
  return isWithin(authority, scope) ? [authority] : []
}

function hasTags(
  tags: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value)
}
