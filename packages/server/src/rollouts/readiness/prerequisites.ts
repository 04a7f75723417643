import { type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'

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

/** Lists the live flags that have a flag as a prerequisite, by their keys. */
export function dependantsOf({ flags }: ProjectState, key: string): readonly string[] {
  return [...flags.values()]
    .filter(({ archivedAt }) => archivedAt === undefined)
    .filter(({ prerequisites }) => prerequisites.some(({ flag }) => flag === key))
    .map((flag) => flag.key)
}

/** Checks that a flag is on, and that its settings can serve one of some variants. */
function canServe(
  state: ProjectState,
  key: string,
  accepted: readonly string[],
  scope: string,
): boolean {
  const flag = state.flags.get(key)
  if (flag === undefined || flag.archivedAt !== undefined) return false
  const { configuration } = resolveInScope(state, flag, scope)
  const { on, killed, off, rules = [], rollout, fallthrough } = configuration
  if (killed || !on) return accepted.includes(off ?? '')
  // Only one fixed variant can be compared. Rules, rollouts and splits serve several.
  if (rules.length > 0 || rollout !== undefined || !('variant' in fallthrough)) return true
  return accepted.includes(fallthrough.variant)
}
