import { entityName, type ProjectState } from '@flaghoist/core/model'
import type { Change, FlagDefinition } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { PlannedEdit } from './changes.ts'

/**
 * Edits that put back what a change has edited. A flag that the change created is archived: its key stays taken, and
 * its layers stay with it.
 * @throws {FlaghoistError} `REVERT_CONFLICT` if one of the entities was edited again since
 */
export function planRevert(
  state: ProjectState,
  change: Change,
  now: string,
): readonly PlannedEdit[] {
  const later = change.edits
    .map((edit) => ({ name: entityName(edit), seq: state.editedAt.get(entityName(edit)) ?? 0 }))
    .filter(({ seq }) => seq > change.seq)
    .map(({ name, seq }) => `${name} (change ${seq})`)
  if (later.length > 0)
    throw problem('REVERT_CONFLICT', { seq: change.seq, entities: later.join(', ') })

  const created = new Set(
    change.edits
      .filter(({ kind, before }) => kind === 'flag' && before === null)
      .map(({ key }) => key),
  )
  return change.edits.flatMap((edit): PlannedEdit[] => {
    if (edit.kind === 'flag' && edit.before === null)
      return [{ kind: 'flag', key: edit.key, after: archived(edit.after, now) }]
    if (edit.kind === 'layer' && created.has(edit.key.slice(0, edit.key.indexOf('@')))) return []
    return [{ kind: edit.kind, key: edit.key, after: edit.before } as PlannedEdit]
  })
}

function archived(flag: FlagDefinition | null, now: string): FlagDefinition | null {
  return flag && { ...flag, archivedAt: now }
}
