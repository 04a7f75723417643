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

/** The reasons to remove a flag from the code, of which at least one holds. */
export interface Staleness {
  readonly isOverdue: boolean
  /** True if every context has got the same variant for 30 days. */
  readonly isSettled: boolean
  /** The only variant that contexts get; empty for the caller's fallback, undefined for several. */
  readonly variant: string | undefined
}

/**
 * Returns a function that finds the reasons to remove a flag; undefined for none. Archived and
 * permanent flags have none. A key that is bound to a scope learns nothing of the scopes that it
 * may not see.
 */
export async function staleCheck(
  log: ChangeLog,
  { key, state }: LiveProject,
  { scope, now }: Reader,
): Promise<(flag: Flag) => Staleness | undefined> {
  const settled = await settledVersion(log, key, state.version, now - STALE_DAYS * DAY_MS)
  const environments = visibleEnvironments(state, scope)
  return (whole) => {
    const flag = visibleFlag(whole, scope)
    if (flag.archivedAt !== undefined || flag.permanent) return undefined
    const isUnchanged = versionOf(state, flagNames(flag)) <= settled
    const isLate = isOverdue(flag, now)
    if (!isLate && !isUnchanged) return undefined
    const variant = commonVariant(state, flag, environments)
    const isSettled = isUnchanged && variant !== undefined
    return isLate || isSettled ? { isOverdue: isLate, isSettled, variant } : undefined
  }
}

/** Returns a check for the flags that {@link staleCheck} finds a reason to remove. */
export async function staleFilter(
  ...inputs: Parameters<typeof staleCheck>
): Promise<(flag: Flag) => boolean> {
  const check = await staleCheck(...inputs)
  return (flag) => check(flag) !== undefined
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

/** Returns the only variant that a flag serves in every scope; undefined for several. */
function commonVariant(
  state: ProjectState,
  flag: Flag,
  environments: readonly string[],
): string | undefined {
  const layered = Object.keys(flag.layers).filter((scope) => scope !== EVERYWHERE)
  const served = new Set(
    [...environments, ...layered].map((scope) =>
      onlyVariant(resolveInScope(state, flag, scope).configuration),
    ),
  )
  const [first = ''] = served
  return served.size > 1 || first === SEVERAL ? undefined : first
}
