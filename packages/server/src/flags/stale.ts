import { EVERYWHERE, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { versionOf } from '../projects/checks.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleEnvironments, visibleFlag } from '../projects/visibility.ts'
import type { ChangeLog } from '../stores/change-log.ts'
import { DAY_MS } from '../time.ts'
import { onlyVariant, SEVERAL } from './only-variant.ts'
import { flagNames } from './plan.ts'
import { isOverdue, type Reader } from './shown-flag.ts'

/** Days without a change after which a flag that serves one variant only counts as stale. */
export const STALE_DAYS = 30

/**
 * Returns a check for flags to remove from the code: live flags that are not permanent, and are
 * overdue, or have served every context the same variant and not changed for 30 days.
 * A key that is bound to a scope learns nothing of the scopes that it may not see.
 */
export async function staleFilter(
  log: ChangeLog,
  { key, state }: LiveProject,
  { scope, now }: Reader,
): Promise<(flag: Flag) => boolean> {
  const settled = await settledVersion(log, key, state.version, now - STALE_DAYS * DAY_MS)
  const environments = visibleEnvironments(state, scope)
  return (whole) => {
    const flag = visibleFlag(whole, scope)
    if (flag.archivedAt !== undefined || flag.permanent) return false
    if (isOverdue(flag, now)) return true
    return (
      versionOf(state, flagNames(flag)) <= settled && servesOneVariant(state, flag, environments)
    )
  }
}

/** The last version of a project before a time. @param limit epoch ms */
async function settledVersion(
  log: ChangeLog,
  project: string,
  version: number,
  limit: number,
): Promise<number> {
  let [settled, next] = [0, version + 1]
  // Changes are in order of time, so a binary search reads few of them.
  while (settled + 1 < next) {
    const middle = (settled + next) >> 1
    const [change] = await log.read(project, middle - 1, 1)
    if (change !== undefined && Date.parse(change.at) < limit) settled = middle
    else next = middle
  }
  return settled
}

function servesOneVariant(
  state: ProjectState,
  flag: Flag,
  environments: readonly string[],
): boolean {
  const layered = Object.keys(flag.layers).filter((scope) => scope !== EVERYWHERE)
  const served = new Set(
    [...environments, ...layered].map((scope) =>
      onlyVariant(resolveInScope(state, flag, scope).configuration),
    ),
  )
  return served.size <= 1 && !served.has(SEVERAL)
}
