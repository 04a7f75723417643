import { EVERYWHERE, type ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import { visibleChange } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { type ChangeTarget, changeNotFound, findChange } from './history.ts'

/**
 * Returns a change that a key may revert: it must see all of it, so that no later error names an
 * entity that it may not see.
 * @throws {FlaghoistError} `CHANGE_NOT_FOUND`, `SCOPE_FORBIDDEN`
 */
export async function findRevertible(
  log: ChangeLog,
  target: ChangeTarget,
  { state, principal }: { readonly state: ProjectState; readonly principal: Principal },
): Promise<Change> {
  const { name: key, scope } = principal
  const change = await findChange(log, target)
  const seen = visibleChange(state, change, scope) ?? changeNotFound(target)
  const entity = `change ${target.seq}`
  if (seen.edits.length < change.edits.length)
    throw problem('SCOPE_FORBIDDEN', { key, scope: scope ?? EVERYWHERE, entity })
  return change
}
