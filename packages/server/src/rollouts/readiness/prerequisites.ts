import { type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { onlyVariant, SEVERAL } from '../../flags/only-variant.ts'

/** Lists the prerequisites that a flag cannot meet in a scope, by their keys. */
export function unmetPrerequisites(
  state: ProjectState,
  { prerequisites }: Flag,
  scope: string,
): readonly string[] {
  return prerequisites
    .filter(({ flag, variants }) => !canServe(state, flag, variants, scope))
    .map(({ flag }) => flag)
}

/** Checks that the settings of a flag can serve one of some variants. */
function canServe(
  state: ProjectState,
  key: string,
  accepted: readonly string[],
  scope: string,
): boolean {
  const flag = state.flags.get(key)
  if (flag === undefined || flag.archivedAt !== undefined) return false
  const variant = onlyVariant(resolveInScope(state, flag, scope).configuration)
  return variant === SEVERAL || accepted.includes(variant)
}
