import { canonicalJson } from '@flaghoist/core'
import {
  entityName,
  entityOf,
  layerKey,
  type ProjectState,
  parseLayerKey,
  segmentsNamedBy,
} from '@flaghoist/core/model'
import type { Change, Edit, Flag, FlagDefinition } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { PlannedEdit } from '../projects/projects.ts'

/**
 * Edits that put back what a change has edited. A flag that the change created is archived: its key stays taken, and
 * its layers stay with it, unless the change created what they name.
 * @throws {FlaghoistError} `REVERT_CONFLICT` if one of the entities is no longer as the change has left it;
 * `REVERT_FORBIDDEN` for API keys: a credential that was revoked stays revoked
 */
export function planRevert(
  state: ProjectState,
  change: Change,
  now: string,
): readonly PlannedEdit[] {
  if (change.edits.some(({ kind }) => kind === 'apiKey'))
    throw problem('REVERT_FORBIDDEN', { seq: change.seq })
  // Compared by value: where a later change was reverted itself, nothing stands in the way.
  const later = change.edits
    .filter(({ kind, key, after }) => !isEqual(entityOf(state, kind, key), after))
    .map((edit) => `${entityName(edit)} (change ${state.editedAt.get(entityName(edit))})`)
  if (later.length > 0)
    throw problem('REVERT_CONFLICT', { seq: change.seq, entities: later.join(', ') })

  const createdOf = (wanted: Edit['kind']) =>
    new Set(
      change.edits
        .filter(({ kind, before }) => kind === wanted && before === null)
        .map(({ key }) => key),
    )
  const created = createdOf('flag')
  const gone = {
    environments: createdOf('environment'),
    instances: createdOf('instance'),
    segments: createdOf('segment'),
  }
  return change.edits.flatMap((edit): PlannedEdit[] => {
    if (edit.kind === 'flag' && edit.before === null)
      return [
        { kind: 'flag', key: edit.key, after: archived(edit.after, now) },
        ...lettingGo(state.flags.get(edit.key), gone),
      ]
    if (edit.kind === 'layer' && created.has(parseLayerKey(edit.key).flag)) return []
    return [{ kind: edit.kind, key: edit.key, after: edit.before } as PlannedEdit]
  })
}

/** What is taken away, by key. */
interface Gone {
  readonly environments: ReadonlySet<string>
  readonly instances: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
}

/** Edits of a flag's layers that name what is taken away: whole where the scope goes, and rules and rollout where a segment does. */
function lettingGo(flag: Flag | undefined, gone: Gone): PlannedEdit[] {
  return Object.entries(flag?.layers ?? {}).flatMap(([scope, layer]): PlannedEdit[] => {
    const [environment = '', instance = ''] = scope.split('/')
    const isGone = gone.environments.has(environment) || gone.instances.has(instance)
    if (!isGone && !segmentsNamedBy(layer).some((key) => gone.segments.has(key))) return []
    const { rules: _, rollout: __, ...left } = layer
    return [{ kind: 'layer', key: layerKey(flag!.key, scope), after: isGone ? null : left }]
  })
}

function archived(flag: FlagDefinition | null, now: string): FlagDefinition | null {
  return flag && { ...flag, archivedAt: now }
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other)
}
