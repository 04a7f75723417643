import { canonicalJson } from '@flaghoist/core/internal'
import {
  entityName,
  entityOf,
  layerKey,
  type ProjectState,
  parseLayerKey,
  parseScope,
  segmentsNamedBy,
  segmentWithout,
  withoutLists,
} from '@flaghoist/core/model'
import type { Change, Edit, Flag, FlagDefinition, Layer, LoggedEdit } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { PlannedEdit, PlanSteps, Write } from '../projects/projects.ts'

/** Reverts a change, as a change of its own. */
export function revertChange(
  project: string,
  change: Change,
  { at, reason }: { readonly at: string; readonly reason?: string | undefined },
): Write {
  return {
    project,
    action: 'change.revert',
    reason: reason ?? `Reverts change ${change.seq}.`,
    names: () => change.edits.map(entityName),
    plan: (state) => planRevert(state, change, at),
  }
}

const OF_ROLLOUTS = {
  entities: 'a rollout',
  cure: 'Roll the instance back: POST …/rollouts/{key}/rollback.',
}
/** The entities that are never reverted, and the way to undo them. */
const NOT_REVERTED = {
  apiKey: { entities: 'API keys', cure: 'Revoke the key, or create a new one.' },
  rollout: OF_ROLLOUTS,
  run: OF_ROLLOUTS,
}

/**
 * Plans the edits that restore the values before a change, in small steps. A flag that the change
 * created is archived: its key stays reserved, and so do its layers, unless the change created the
 * entities that they refer to.
 * @throws {FlaghoistError} `REVERT_CONFLICT` if an entity has changed since; `REVERT_FORBIDDEN` for
 * API keys, because a revoked key stays revoked, and for rollouts, which have actions of their own
 */
export function* planRevert(state: ProjectState, change: Change, now: string): PlanSteps {
  for (const { kind } of change.edits)
    if (kind === 'apiKey' || kind === 'rollout' || kind === 'run')
      throw problem('REVERT_FORBIDDEN', { seq: change.seq, ...NOT_REVERTED[kind] })
  const later: string[] = []
  for (const edit of change.edits) {
    const name = entityName(edit)
    // Compared by value, because a later change may have been reverted itself.
    if (!canRevert(state, edit)) later.push(`${name} (change ${state.editedAt.get(name)})`)
    yield
  }
  if (later.length > 0)
    throw problem('REVERT_CONFLICT', { seq: change.seq, entities: later.join(', ') })

  const createdOf = (wanted: Edit['kind']) =>
    new Set(
      change.edits
        .filter(({ kind, before }) => kind === wanted && before === null)
        .map(({ key }) => key),
    )
  const created = createdOf('flag')
  const deleted = {
    environments: createdOf('environment'),
    instances: createdOf('instance'),
    segments: createdOf('segment'),
  }
  return change.edits.flatMap((edit): PlannedEdit[] => {
    if (edit.kind === 'flag' && edit.before === null)
      return [
        { kind: 'flag', key: edit.key, after: archived(edit.after, now) },
        ...detachedLayers(state.flags.get(edit.key), deleted),
      ]
    if (edit.kind === 'layer' && created.has(parseLayerKey(edit.key).flag)) return []
    return [{ kind: edit.kind, key: edit.key, after: revertedEntity(state, edit) } as PlannedEdit]
  })
}

/**
 * Checks that an entity is as an edit left it. Of the lists of a segment, only the keys that the
 * edit added and removed count: later edits of others stay. So does a later kill or restore of a
 * layer, because a flag is killed first, and its cause is reverted then.
 */
function canRevert(state: ProjectState, edit: LoggedEdit): boolean {
  const { kind, key, after } = edit
  if (kind === 'layer' && keepsKill(edit))
    return isEqual(settingsOf(layerOf(state, key)), settingsOf(edit.after))
  if (kind !== 'segment' || edit.lists === undefined)
    return isEqual(entityOf(state, kind, key), after)
  const current = state.segments.get(key)
  return (
    current !== undefined &&
    isEqual(withoutLists(current), after) &&
    segmentWithout(current, edit) !== undefined
  )
}

function revertedEntity(state: ProjectState, edit: LoggedEdit): unknown {
  if (edit.kind === 'layer' && keepsKill(edit)) {
    const { killed } = layerOf(state, edit.key) ?? {}
    const settings = settingsOf(edit.before)
    return killed === undefined ? settings : { ...settings, killed }
  }
  if (edit.kind !== 'segment' || edit.lists === undefined) return edit.before
  return segmentWithout(state.segments.get(edit.key)!, edit)
}

/** Returns true for an edit of a layer that neither kills the flag nor restores it. */
function keepsKill({ before, after }: { before: Layer | null; after: Layer | null }): boolean {
  return isEqual(before?.killed ?? null, after?.killed ?? null)
}

function layerOf(state: ProjectState, key: string): Layer | null {
  return entityOf(state, 'layer', key) as Layer | null
}

/** The members of a layer without its kill; null without any. */
function settingsOf(layer: Layer | null): Layer | null {
  const { killed: _, ...settings } = layer ?? {}
  return Object.keys(settings).length === 0 ? null : settings
}

/** Keys of the entities that the revert deletes. */
interface DeletedKeys {
  readonly environments: ReadonlySet<string>
  readonly instances: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
}

/**
 * Plans the edits of layers that refer to deleted entities: a layer of a deleted scope is deleted,
 * and one that uses a deleted segment loses its rules and its rollout.
 */
function detachedLayers(flag: Flag | undefined, deleted: DeletedKeys): PlannedEdit[] {
  return Object.entries(flag?.layers ?? {}).flatMap(([scope, layer]): PlannedEdit[] => {
    const { environment = '', instance = '' } = parseScope(scope)
    const isDeleted = deleted.environments.has(environment) || deleted.instances.has(instance)
    if (!isDeleted && !segmentsNamedBy(layer).some((key) => deleted.segments.has(key))) return []
    const { rules: _, rollout: __, ...left } = layer
    return [{ kind: 'layer', key: layerKey(flag!.key, scope), after: isDeleted ? null : left }]
  })
}

function archived(flag: FlagDefinition | null, now: string): FlagDefinition | null {
  return flag && { ...flag, archivedAt: now }
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other)
}
