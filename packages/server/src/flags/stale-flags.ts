import type { Flag } from '@flaghoist/core/schema'
import { lastChangedAt } from '../changes/change-instants.ts'
import { mapInTurns } from '../pause.ts'
import type { LiveProject } from '../projects/projects.ts'
import { visibleEnvironments, visibleFlag } from '../projects/visibility.ts'
import type { Stores } from '../stores/stores.ts'
import { lastExposureDay } from './last-exposures.ts'
import { removalSteps } from './removal-steps.ts'
import type { Reader } from './shown-flag.ts'
import { type Staleness, staleCheck } from './stale.ts'

/** A flag to remove, as its reader may see it, and the instant of its last change. */
interface Found {
  readonly flag: Flag
  readonly staleness: Staleness
  readonly changedAt: string
}

/**
 * Lists the flags to remove: those that are overdue longest first, then those that have not changed
 * for longest.
 */
export async function findStaleFlags(
  { log }: Pick<Stores, 'log'>,
  project: LiveProject,
  reader: Reader,
): Promise<readonly Found[]> {
  const check = await staleCheck(log, project, reader)
  const checked = await mapInTurns([...project.state.flags.values()], (flag) => {
    const staleness = check(flag)
    return staleness && { flag, staleness }
  })
  const stale = checked.filter((one) => one !== undefined)
  const flags = stale.map(({ flag }) => flag)
  const instants = await lastChangedAt(log, project, flags, reader.scope)
  return stale
    .map(({ flag, staleness }, i) => ({
      flag: visibleFlag(flag, reader.scope),
      staleness,
      changedAt: instants[i] ?? '',
    }))
    .sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
}

/** Sorts overdue flags by their dates, before the others. */
function rankOf({ flag, staleness, changedAt }: Found): string {
  return staleness.isOverdue ? `0 ${flag.expectedRemovalAt}` : `1 ${changedAt}`
}

/** A flag to remove as the API shows it. */
export async function shownStaleFlag(
  { events }: Pick<Stores, 'events'>,
  { key: project, state }: LiveProject,
  { flag, ...found }: Found,
  { scope, now }: Reader,
) {
  const { key, kind, description, owner, expectedRemovalAt } = flag
  const day = await lastExposureDay(events, { project, flag: key, within: scope }, now)
  const environments = visibleEnvironments(state, scope)
  const { variant } = found.staleness
  return {
    ...{ key, kind, description, owner },
    ...(expectedRemovalAt !== undefined && { expectedRemovalAt }),
    reasons: reasonsOf(flag, found),
    ...(day !== undefined && { lastExposureDay: day }),
    steps:
      variant === undefined
        ? decisionSteps(project, key)
        : removalSteps(state, { project, flag, environments }, variant),
  }
}

function reasonsOf(
  { expectedRemovalAt }: Flag,
  { staleness: { isOverdue, isSettled, variant }, changedAt }: Omit<Found, 'flag'>,
) {
  const served = variant === '' ? "the caller's fallback" : `"${variant}"`
  const overdue = {
    code: 'overdue' as const,
    text: `Its removal was planned for ${expectedRemovalAt}.`,
  }
  const settled = {
    code: 'one-variant' as const,
    text: `Every context gets ${served}, and nothing has changed since ${changedAt}.`,
  }
  return [...(isOverdue ? [overdue] : []), ...(isSettled ? [settled] : [])]
}

/** Returns the steps of a flag that still serves several variants. */
function decisionSteps(project: string, flag: string): string[] {
  return [
    'Serve the variant that stays in every scope.',
    `Until then, plan a later removal: PATCH /api/v1/projects/${project}/flags/${flag} {"expectedRemovalAt": "…"}`,
  ]
}
