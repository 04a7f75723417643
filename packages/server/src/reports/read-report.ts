import type { ProjectState } from '@flaghoist/core/model'
import type { Change } from '@flaghoist/core/schema'
import { changesSince } from '../changes/history.ts'
import { isOverdue } from '../flags/shown-flag.ts'
import type { LiveProject } from '../projects/projects.ts'
import { runsOf } from '../rollouts/find-rollout.ts'
import { shownRollout } from '../rollouts/rollout-view.ts'
import type { Services } from '../services.ts'
import { sortChanges } from './report-changes.ts'
import { concernsFlag, concernsScope, type ReportFilter } from './report-filter.ts'
import type { Report } from './schemas.ts'

/** The part of a project and the time that a report is about. */
export interface ReportTarget extends ReportFilter {
  /** Epoch ms. */
  readonly since: number
  readonly to: number
}

/** The states of runs in progress. */
const SHOWN_STATES: ReadonlySet<string> = new Set(['waiting', 'exposing', 'holdback', 'held'])

/** Reads the report of a project. */
export async function readReport(
  services: Pick<Services, 'stores' | 'sharedPropagation' | 'rollouts'>,
  project: LiveProject,
  { since, to, ...filter }: ReportTarget,
): Promise<Report> {
  const { key, state } = project
  const changes: Change[] = []
  for await (const change of changesSince(services.stores.log, project, since))
    if (Date.parse(change.at) <= to) changes.push(change)
  const { kills, ...logged } = sortChanges(state, changes, filter)
  return {
    project: key,
    from: new Date(since).toISOString(),
    to: new Date(to).toISOString(),
    ...logged,
    kills: await Promise.all(
      kills.map(async (kill) => ({ ...kill, ...(await propagationOf(services, project, kill)) })),
    ),
    verdicts: await verdictsOf(services.rollouts, project, filter),
    quarantines: quarantinesOf(state, filter),
    removals: removalsOf(state, to, filter),
  }
}

async function propagationOf(
  { sharedPropagation }: Pick<Services, 'sharedPropagation'>,
  { key }: LiveProject,
  { version, scope }: { readonly version: number; readonly scope: string },
): Promise<Pick<Report['kills'][number], 'connected' | 'confirmed' | 'maxMs'>> {
  const { connected, confirmed, maxMs } = await sharedPropagation.report({
    project: key,
    version,
    within: scope,
  })
  return { connected, confirmed, ...(maxMs !== undefined && { maxMs }) }
}

async function verdictsOf(
  rollouts: Services['rollouts'],
  project: LiveProject,
  filter: ReportFilter,
): Promise<Report['verdicts']> {
  const running = inFilter(project.state, filter).filter(({ endedAt }) => endedAt === undefined)
  const shown = await Promise.all(
    running.map(async (rollout) =>
      shownRollout(project.state, rollout, await rollouts.inputOf(project, rollout), undefined),
    ),
  )
  return shown.flatMap(({ key, flag, runs }) =>
    runs
      .filter(({ state, scope }) => SHOWN_STATES.has(state) && concernsScope(scope, filter))
      .map(({ scope, state, verdict, next, reason }) => {
        const text = verdict ?? next ?? reason?.text ?? 'No verdict yet.'
        return { rollout: key, flag, scope, state, text }
      }),
  )
}

function inFilter({ rollouts }: ProjectState, { rollout }: ReportFilter) {
  return [...rollouts.values()].filter(({ key }) => rollout === undefined || key === rollout)
}

function quarantinesOf(state: ProjectState, filter: ReportFilter): Report['quarantines'] {
  return inFilter(state, filter).flatMap(({ key, flag }) =>
    runsOf(state, key)
      .filter((run) => run.state === 'quarantined')
      .filter(({ scope }) => concernsScope(scope, filter))
      .map(({ scope, since, owner, reason }) => {
        const text = reason?.text ?? 'It was quarantined.'
        return { rollout: key, flag, scope, since, ...(owner && { owner }), text }
      }),
  )
}

function removalsOf(state: ProjectState, now: number, filter: ReportFilter): Report['removals'] {
  return [...state.flags.values()]
    .filter((flag) => isOverdue(flag, now) && concernsFlag(state, flag.key, filter))
    .map(({ key, owner, expectedRemovalAt }) => ({
      flag: key,
      owner,
      expectedRemovalAt: expectedRemovalAt!,
    }))
}
