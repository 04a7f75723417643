import { isWithin } from '@flaghoist/core/model'
import { FlagKey, Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { findFlag } from '../flags/find-flag.ts'
import { requireUnbound } from '../http/auth.ts'
import { PageQuery, page } from '../http/pagination.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { findRollout, runNotFound } from './find-rollout.ts'
import { listRollouts, newestFirst } from './list-rollouts.ts'
import { readRollout } from './read-rollout.ts'
import { shownRollout } from './rollout-view.ts'
import { ShownRun } from './run-schemas.ts'
import { ListedRollout, RolloutParams, ShownRollout, TimelineEntry } from './schemas.ts'
import { readTimeline } from './timeline.ts'

const tags = ['Rollouts']

const ListQuery = PageQuery.extend({
  flag: FlagKey.optional().meta({ description: 'Flag of the rollouts', example: 'new-checkout' }),
  inProgress: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description: '`true` leaves out ended rollouts, `false` those in progress' }),
})

const TimelineQuery = strict({
  evidence: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .meta({ description: '`false` leaves out the counts behind each decision' }),
})

/** The rollouts of a project, their runs and what happened to them. */
export const rolloutReadRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, rollouts, stores } = services
  app.get(
    '/:project/rollouts',
    {
      schema: {
        operationId: 'listRollouts',
        summary: 'List rollouts',
        description: 'Newest first. `overview` sums up the runs of each.',
        tags,
        params: ProjectParams,
        querystring: ListQuery,
        response: { 200: page(ListedRollout, 'Rollouts, newest first') },
      },
    },
    async ({ params, query, principal }) => {
      requireUnbound(principal)
      const live = projects.get(params.project)
      if (query.flag !== undefined) findFlag(live.state, query.flag)
      const { items, next } = newestFirst([...live.state.rollouts.values()], query)
      const list = await listRollouts({ rollouts, events: stores.events }, live, items)
      return { items: list, ...(next !== undefined && { next }) }
    },
  )

  app.get(
    '/:project/rollouts/:rollout',
    {
      schema: {
        operationId: 'getRollout',
        summary: 'Get a rollout',
        description:
          'With a run for each scope: its state, its verdict, and its next condition. `forecast` has the earliest times of the rest.',
        tags,
        params: RolloutParams,
        response: { 200: ShownRollout.describe('The rollout, with a run for each scope') },
      },
    },
    async ({ params, principal }) => {
      requireUnbound(principal)
      const live = projects.get(params.project)
      return readRollout(services, live, findRollout(live.state, params.rollout))
    },
  )

  app.get(
    '/:project/rollouts/:rollout/runs/:scope',
    {
      schema: {
        operationId: 'getRun',
        summary: 'Get the run of a rollout in a scope',
        tags,
        params: RolloutParams.extend({
          scope: Scope.meta({ description: 'Scope of the run', example: 'production/acme' }),
        }),
        response: { 200: ShownRun.describe('Run') },
      },
    },
    async ({ params: { project, rollout, scope }, principal }) => {
      if (!isWithin(scope, principal.scope))
        throw problem('ENTITY_NOT_FOUND', { kind: 'run', key: scope })
      const live = projects.get(project)
      const found = findRollout(live.state, rollout, principal.scope)
      const input = await rollouts.inputOf(live, found)
      const { runs } = shownRollout(live.state, found, input, principal.scope)
      const run = runs.find((one) => one.scope === scope)
      if (run === undefined) throw runNotFound(live.state, { rollout, scope }, principal.scope)
      return run
    },
  )

  app.get(
    '/:project/rollouts/:rollout/timeline',
    {
      schema: {
        operationId: 'getRolloutTimeline',
        summary: 'Get the timeline of a rollout',
        description: 'Every decision with its reason and evidence, latest first.',
        tags,
        params: RolloutParams,
        querystring: TimelineQuery,
        response: {
          200: z
            .object({
              items: z.array(TimelineEntry).meta({ description: 'Decisions, latest first' }),
            })
            .describe('Timeline of the rollout'),
        },
      },
    },
    async ({ params: { project, rollout: key }, query, principal }) => {
      const live = projects.get(project)
      const rollout = findRollout(live.state, key, principal.scope)
      const options = { bound: principal.scope, hasEvidence: query.evidence }
      return { items: await readTimeline(stores.log, live, { rollout, ...options }) }
    },
  )
}
