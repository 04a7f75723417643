import { EVERYWHERE, isWithin, type ProjectState } from '@flaghoist/core/model'
import type { ApiKey } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import type { Principal } from '../http/principal.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { requireQueryScope } from '../projects/not-found.ts'
import type { Services } from '../services.ts'
import type { EventQuery } from '../stores/event-store.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import { quantile } from './quantile.ts'
import { Exposures, Outcomes, SeriesQuery } from './schemas.ts'

const tags = ['Metrics']
const STEPS = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: DAY_MS,
  total: Number.POSITIVE_INFINITY,
} as const

/** The counts of exposures and outcomes that SDKs have reported. */
export const metricRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { quota, projects, now, stores } },
) => {
  app.get(
    '/:project/exposures',
    {
      schema: {
        operationId: 'listExposures',
        summary: 'Count exposures by variant',
        description: 'Counts per interval, latest first. The server keeps them for 30 days.',
        tags,
        params: ProjectParams,
        querystring: SeriesQuery,
        response: { 200: Exposures },
      },
    },
    async ({ params: { project }, query, principal }) => {
      const { state } = projects.get(project)
      requireKnown(state, query, principal)
      const rows = await stores.events.exposures(project, eventQuery(query, principal, now()))
      const capped = quota.excesses((id) => isVisibleKey(state.apiKeys.get(id), principal))
      return {
        items: rows.map((row) => ({ ...row, start: instant(row.start) })),
        capped: capped.map((one) => ({ ...one, at: instant(one.at) })),
      }
    },
  )

  app.get(
    '/:project/outcomes',
    {
      schema: {
        operationId: 'listOutcomes',
        summary: 'Count outcomes by variant',
        description:
          'Each unit of a rollout or split counts once per metric and attempt. The server keeps counts for 30 days.',
        tags,
        params: ProjectParams,
        querystring: SeriesQuery,
        response: { 200: Outcomes },
      },
    },
    async ({ params: { project }, query, principal }) => {
      requireKnown(projects.get(project).state, query, principal)
      const rows = await stores.events.outcomes(project, eventQuery(query, principal, now()))
      return {
        items: rows.map(({ histogram, start, ...row }) => ({
          ...row,
          start: instant(start),
          p50: quantile(histogram, 0.5),
          p90: quantile(histogram, 0.9),
          p99: quantile(histogram, 0.99),
        })),
      }
    },
  )
}

/** Refuses a flag or a scope that does not exist: its empty result would read as no traffic. */
function requireKnown(
  state: ProjectState,
  { flag, scope }: SeriesQuery,
  { scope: bound }: Principal,
): void {
  if (flag !== undefined) findFlag(state, flag)
  requireQueryScope(state, scope, bound)
}

/** Checks that a key lies within the scope of the key that asks. */
function isVisibleKey(key: ApiKey | undefined, { scope: bound }: Principal): boolean {
  return key !== undefined && (bound === undefined || isWithin(key.scope ?? EVERYWHERE, bound))
}

function eventQuery(
  { flag, scope, revision, from, to, interval, limit }: SeriesQuery,
  { scope: within }: Principal,
  now: number,
): EventQuery {
  // Without an end, the interval of the present minute and clocks that run ahead are included.
  const end = to === undefined ? now + DAY_MS : Date.parse(to)
  const start = from === undefined ? (to === undefined ? now : end) - DAY_MS : Date.parse(from)
  if (start >= end) throw problem('REQUEST_INVALID', { problem: '"from" must be before "to".' })
  return { flag, scope, within, revision, from: start, to: end, stepMs: STEPS[interval], limit }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
