import { isWithin, layerKey, type ProjectState, scopesOf } from '@flaghoist/core/model'
import type { Flag, Kill, Layer } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { PlannedEdit } from '../projects/projects.ts'

/** A flag in a scope. */
export interface KillTarget {
  readonly flag: string
  readonly scope: string
}

/** Edits that make flags serve their off variant; a kill that is there already stays as it is. */
export function planKill(
  state: ProjectState,
  targets: readonly KillTarget[],
  kill: Kill,
): readonly PlannedEdit[] {
  return targets.flatMap(({ flag: key, scope }) => {
    const layer = layerOf(findFlag(state, key), scope)
    return layer.killed === undefined ? [edit(key, scope, { ...layer, killed: kill })] : []
  })
}

/**
 * Edits that take kills back, in the scopes that are named, or in all within `authority`.
 * @throws {FlaghoistError} `NOT_ON_SCOPE` where a wider kill would still hold
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
  // A key that is bound to a scope must not hear "restored" where a kill of everybody still holds.
  for (const scope of scopes ?? [...wanted, authority ?? '*']) {
    const outer = scopesOf(scope).find((one) => killed.includes(one) && !wanted.includes(one))
    if (outer !== undefined) throw problem('NOT_ON_SCOPE', { flag: key, scope, outer })
  }
  return wanted.map((scope) => {
    const { killed: _, ...layer } = layerOf(flag, scope)
    return edit(key, scope, Object.keys(layer).length === 0 ? null : layer)
  })
}

/** What an emergency names when nobody knows which flag it is. */
export interface KillSelector {
  /** Tags that a flag has to have, all of them; none: every flag. */
  readonly flagTags?: Readonly<Record<string, string>> | undefined
  /** Tags that an instance has to have, all of them; none: everywhere. */
  readonly instanceTags?: Readonly<Record<string, string>> | undefined
  /** Environments in which instances are meant; none: all. */
  readonly environments?: readonly string[] | undefined
}

/** The live release, ops and experiment flags that a selector means, and where. Permanent flags are never swept along. */
export function selectTargets(
  state: ProjectState,
  { flagTags = {}, instanceTags, environments }: KillSelector,
  authority: string | undefined,
): readonly KillTarget[] {
  const flags = [...state.flags.values()].filter(
    ({ archivedAt, permanent, tags }) =>
      archivedAt === undefined && !permanent && hasTags(tags, flagTags),
  )
  const unknown = environments?.find((key) => !state.environments.has(key))
  if (unknown !== undefined)
    throw problem('ENTITY_NOT_FOUND', { kind: 'environment', key: unknown })
  const stages = environments ?? [...state.environments.keys()]
  const instances = [...state.instances.values()].filter(({ tags }) =>
    hasTags(tags, instanceTags ?? {}),
  )
  const everywhere = environments === undefined ? [authority ?? '*'] : stages
  const scopes =
    instanceTags === undefined
      ? everywhere
      : stages.flatMap((stage) => instances.map(({ key }) => `${stage}/${key}`))
  const allowed = scopes.flatMap((scope) => allowedPart(scope, authority))
  return flags.flatMap(({ key }) => allowed.map((scope) => ({ flag: key, scope })))
}

/** Scopes whose layer kills the flag. */
export function killedScopes(flag: Flag): readonly string[] {
  return Object.entries(flag.layers)
    .filter(([, { killed }]) => killed !== undefined)
    .map(([scope]) => scope)
}

/** What of a scope a key may change: an emergency is never answered by killing nothing where something could be. */
function allowedPart(scope: string, authority: string | undefined): readonly string[] {
  if (authority === undefined || isWithin(scope, authority)) return [scope]
  return isWithin(authority, scope) ? [authority] : []
}

function findFlag(state: ProjectState, key: string): Flag {
  const flag = state.flags.get(key)
  if (flag === undefined) throw problem('ENTITY_NOT_FOUND', { kind: 'flag', key })
  return flag
}

function layerOf(flag: Flag, scope: string): Layer {
  return Object.hasOwn(flag.layers, scope) ? flag.layers[scope]! : {}
}

function edit(flag: string, scope: string, after: Layer | null): PlannedEdit {
  return { kind: 'layer', key: layerKey(flag, scope), after }
}

function hasTags(
  tags: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value)
}
