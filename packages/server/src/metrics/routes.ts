import { isWithin } from '@flaghoist/core/model'
import { type ApiKey, Instant, Key, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { quantile } from '../events/histogram.ts'
import type { Parts } from '../services.ts'
import type { EventQuery } from '../store/store.ts'
import type { Principal } from '../http/principal.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams } from '../http/common.ts'

const tags = ['Reports']

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const STEPS = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: DAY_MS,
  total: Number.POSITIVE_INFINITY,
} as const

const ReportQuery = z.strictObject({
  flag: Key.optional(),
  scope: Scope.optional(),
  revision: z.coerce.number().int().min(1).optional(),
  from: Instant.optional().meta({ description: 'Left out: 24 hours before `to`' }),
  to: Instant.optional().meta({ description: 'Left out: now' }),
  interval: z
    .enum(['minute', 'hour', 'day', 'total'])
    .default('minute')
    .meta({ description: 'What is added up to one row; hours and days are those of UTC' }),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
})

const cell = {
  start: Instant.meta({ description: 'Of the interval; of a total, its first minute' }),
  flag: Key,
  scope: Scope,
  revision: z.int().meta({ description: 'Under which the flag was served' }),
  variant: Key,
  arm: z.enum(['', 'treatment', 'control']).meta({
    description: 'Empty where no percentage rollout put the unit there: not to be compared',
  }),
}

const Exposures = z
  .object({
    items: z.array(
      z.object({
        ...cell,
        reason: z.string(),
        count: z.int().meta({ description: 'How often; a unit once in about five minutes' }),
        units: z.int().meta({ description: 'Of an arm: units that were new to the revision' }),
      }),
    ),
    capped: z
      .array(
        z.object({
          keyId: z.string(),
          flag: Key,
          dropped: z.int(),
          at: Instant.meta({ description: 'When that last happened' }),
        }),
      )
      .meta({ description: 'Keys that reported more than they may in the last 24 hours' }),
  })
  .describe('Sums')

const measured = z.number().optional().meta({ description: 'To 5 %' })
const Outcomes = z
  .object({
    items: z.array(
      z.object({
        ...cell,
        metric: z.string(),
        units: z.int().meta({ description: 'Whose first such outcome arrived in the interval' }),
        matured: z.int().meta({
          description: 'Who was exposed in the interval, and had it within 10 minutes of that',
        }),
        p50: measured,
        p90: measured,
        p99: measured,
      }),
    ),
  })
  .describe('Sums')

/** What SDKs have counted. */
export const eventReportRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (
  app,
  { parts: { caps, changes, now, store } },
) => {
  app.get(
    '/:project/exposures',
    {
      schema: {
        operationId: 'listExposures',
        summary: 'See how often which variant was served',
        description: 'Sums for each interval, the latest first; kept for 30 days.',
        tags,
        params: ProjectParams,
        querystring: ReportQuery,
        response: { 200: Exposures, ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params: { project }, query, principal }) => {
      const { state } = changes.project(project)
      const rows = await store.exposures(project, eventQuery(query, principal, now()))
      const capped = caps.capped((id) => isVisibleKey(state.apiKeys.get(id), principal))
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
        summary: 'See what happened to those who were exposed',
        description:
          'Each unit of a percentage rollout counts once for a metric and revision. Sums for each interval, the latest first; kept for 30 days.',
        tags,
        params: ProjectParams,
        querystring: ReportQuery,
        response: { 200: Outcomes, ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params: { project }, query, principal }) => {
      changes.project(project)
      const rows = await store.outcomes(project, eventQuery(query, principal, now()))
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

/** Who is bound to a scope sees the keys of that scope alone. */
function isVisibleKey(key: ApiKey | undefined, { scope: bound }: Principal): boolean {
  return key !== undefined && (bound === undefined || isWithin(key.scope ?? '*', bound))
}

function eventQuery(
  { flag, scope, revision, from, to, interval, limit }: z.infer<typeof ReportQuery>,
  { scope: within }: Principal,
  now: number,
): EventQuery {
  const end = to === undefined ? now + DAY_MS : Date.parse(to)
  const start = from === undefined ? (to === undefined ? now : end) - DAY_MS : Date.parse(from)
  if (start >= end) throw problem('REQUEST_INVALID', { problem: '"from" is not before "to".' })
  return { flag, scope, within, revision, from: start, to: end, stepMs: STEPS[interval], limit }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
