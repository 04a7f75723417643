import { canonicalJson } from '@flaghoist/core'
import { entityName, entityOf, type ProjectState, parseLayerKey } from '@flaghoist/core/model'
import type { Change, Edit, FlagDefinition } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { PlannedEdit } from './changes.ts'
import { retire } from './retire.ts'

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

  const createdOf = (...kinds: readonly Edit['kind'][]) =>
    new Set(
      change.edits
        .filter(({ kind, before }) => kinds.includes(kind) && before === null)
        .map(({ key }) => key),
    )
  const created = createdOf('flag')
  const going = createdOf('environment', 'instance', 'segment')
  const isKept = (scope: string) => !scope.split('/').some((key) => going.has(key))
  return change.edits.flatMap((edit): PlannedEdit[] => {
    if (edit.kind === 'flag' && edit.before === null)
      return going.size > 0
        ? retire(state.flags.get(edit.key)!, isKept, now)
        : [{ kind: 'flag', key: edit.key, after: archived(edit.after, now) }]
    if (edit.kind === 'layer' && created.has(parseLayerKey(edit.key).flag)) return []
    return [{ kind: edit.kind, key: edit.key, after: edit.before } as PlannedEdit]
  })
}

function archived(flag: FlagDefinition | null, now: string): FlagDefinition | null {
  return flag && { ...flag, archivedAt: now }
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other)
}
