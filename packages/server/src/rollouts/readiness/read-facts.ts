import { buildScope, metricsOf, type ProjectState, resolveInScope } from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { closedReason } from '../../calendar/work-time.ts'
import { recentIncidents, relevantIncidents } from '../../changes/incidents.ts'
import { findFlag } from '../../flags/find-flag.ts'
import { dependantsOf } from '../../flags/risk/dependants.ts'
import { entityNotFound } from '../../projects/not-found.ts'
import type { LiveProject } from '../../projects/projects.ts'
import type { Services } from '../../services.ts'
import type { ExposureSum } from '../../stores/event-store.ts'
import { DAY_MS } from '../../time.ts'
import { rolloutInProgress } from '../find-rollout.ts'
import { variantsOf } from '../start-rollout.ts'
import type { ReadinessFacts, ScopeFacts } from './facts.ts'
import { unmetPrerequisites } from './prerequisites.ts'

/** The rollout to check. */
export interface ReadinessTarget {
  readonly flag: string
  readonly environment: string
  readonly from?: string | undefined
  readonly to?: string | undefined
}

type Parts = Pick<Services, 'stores' | 'sharedPropagation' | 'now'>

const MAX_ROWS = 100_000
const METRIC_DAYS = 7

/**
 * Reads everything that the readiness of a flag depends on.
 * @throws {FlaghoistError} `ENTITY_NOT_FOUND`, `ROLLOUT_UNSUITABLE`
 */
export async function readFacts(
  { stores, sharedPropagation, now }: Parts,
  project: LiveProject,
  { flag: key, environment, ...wanted }: ReadinessTarget,
): Promise<ReadinessFacts> {
  const { state } = project
  if (!state.environments.has(environment))
    throw entityNotFound('environment', environment, state.environments.keys())
  const flag = findFlag(state, key)
  const { from } = variantsOf(flag, { flag: key, environment, plan: 'standard', ...wanted })
  const at = now()
  const exposures = await stores.events.exposures(project.key, {
    ...within(environment, at, 1),
    flag: key,
  })
  const arrived = await arrivedMetrics(
    stores.events,
    project.key,
    within(environment, at, METRIC_DAYS),
  )
  const { sdks } = await sharedPropagation.report({
    project: project.key,
    version: state.version,
    within: environment,
  })
  const connected = sdks.filter(({ offlineSince }) => offlineSince === undefined)
  const scopes = reachedScopes(state, environment, (scope) => {
    const isIn = (one: { readonly scope: string }) => one.scope === scope
    return connected.some(isIn) || exposures.some(isIn)
  })
  return {
    path: `/api/v1/projects/${project.key}`,
    flag,
    environment,
    isProtected: state.environments.get(environment)!.protected,
    from,
    metrics: judgingMetrics(state).length,
    inProgress: rolloutInProgress(state, { flag: key, environment })?.key,
    dependants: dependantsOf(state, key),
    incidents: relevantIncidents(await recentIncidents(stores.log, project, at), {
      flag: key,
      scopes,
    }),
    scopes: scopes.map((scope) => ({
      ...servedIn(exposures, scope, from),
      ...settingsIn(state, flag, scope, at),
      sdks: connected.filter((sdk) => sdk.scope === scope).map(({ name }) => name),
      silentMetrics: sentMetrics(state).filter((metric) => !arrived.has(`${scope} ${metric}`)),
    })),
  }
}

function within(environment: string, at: number, days: number) {
  const span = { from: at - days * DAY_MS, to: at + DAY_MS }
  return { within: environment, ...span, stepMs: Number.POSITIVE_INFINITY, limit: MAX_ROWS }
}

async function arrivedMetrics(
  events: Services['stores']['events'],
  project: string,
  query: ReturnType<typeof within>,
): Promise<ReadonlySet<string>> {
  const rows = await events.outcomes(project, { ...query, withoutHistograms: true })
  return new Set(rows.map(({ scope, metric }) => `${scope} ${metric}`))
}

/** The environment itself counts if no instance exists, or if an SDK evaluates there. */
function reachedScopes(
  { instances }: ProjectState,
  environment: string,
  isUsed: (scope: string) => boolean,
): readonly string[] {
  const scopes = [...instances.values()]
    .filter(({ status }) => status !== 'retired')
    .map(({ key }) => buildScope(environment, key))
  return scopes.length === 0 || isUsed(environment) ? [...scopes, environment] : scopes
}

function judgingMetrics(state: ProjectState) {
  return [...metricsOf(state).values()].filter(({ role }) => role !== 'shown')
}

/** The metrics that code must send. A failure may be absent because nothing fails. */
function sentMetrics({ metrics }: ProjectState): readonly string[] {
  return [...metrics.values()]
    .filter(({ kind, role }) => role !== 'shown' && kind !== 'failure' && kind !== 'absence')
    .map(({ key }) => key)
}

function servedIn(
  rows: readonly ExposureSum[],
  scope: string,
  from = '',
): Pick<ScopeFacts, 'scope' | 'oldServed' | 'evaluations' | 'units'> {
  const own = rows.filter((row) => row.scope === scope)
  const units = new Map<number, number>()
  for (const row of own) units.set(row.revision, (units.get(row.revision) ?? 0) + row.units)
  return {
    scope,
    oldServed: sum(own.filter(({ variant }) => variant === from)),
    evaluations: sum(own),
    // A unit counts once per allocation, so sums over allocations would count it twice.
    units: Math.max(0, ...units.values()),
  }
}

function sum(rows: readonly ExposureSum[]): number {
  return rows.reduce((total, { count }) => total + count, 0)
}

function settingsIn(
  state: ProjectState,
  flag: Flag,
  scope: string,
  at: number,
): Pick<ScopeFacts, 'closed' | 'isKilled' | 'unmet'> {
  return {
    closed: closedReason(state, scope, at),
    isKilled: resolveInScope(state, flag, scope).configuration.killed === true,
    unmet: unmetPrerequisites(state, flag, scope),
  }
}
