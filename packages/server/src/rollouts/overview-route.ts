import { Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { readFlagHealth } from '../health/flag-health.ts'
import { FlagHealth } from '../health/schemas.ts'
import { requireUnbound } from '../http/auth.ts'
import { isHeldBody } from '../http/body-etag.ts'
import { ConditionalHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { findRollout } from './find-rollout.ts'
import { readRollout } from './read-rollout.ts'
import { worstFirst } from './rollout-overview.ts'
import { RolloutParams, ShownRollout, TimelineEntry } from './schemas.ts'
import { readTimeline } from './timeline.ts'

const OverviewQuery = strict({
  scope: Scope.optional().meta({
    description:
      'Scope of the run to look at; by default, or without a run there, that of the run which needs people most',
    example: 'production/acme',
  }),
  after: z.coerce.number().int().min(0).optional().meta({
    description:
      'Number of the last change that the client has received; `timeline` lists later decisions only',
    example: 812,
  }),
})

const RolloutWithTimeline = z
  .object({
    rollout: ShownRollout.meta({ description: 'The rollout, with a run for each scope' }),
    timeline: z
      .array(TimelineEntry)
      .meta({ description: 'Decisions without their evidence, latest first' }),
    health: FlagHealth.optional().meta({
      description: 'Health of the flag in one scope; absent for a rollout without a run',
    }),
  })
  .meta({
    id: 'RolloutWithTimeline',
    description: 'Rollout with its decisions, and the health of a scope',
  })

/** All that people look at before they act on a rollout. */
export const rolloutOverviewRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.get(
    '/:project/rollouts/:rollout/overview',
    {
      schema: {
        operationId: 'getRolloutOverview',
        summary: 'Get a rollout with its timeline and the health of one scope',
        description:
          'Combines the rollout and its runs, its timeline, and the health of its flag in a scope. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Rollouts'],
        params: RolloutParams,
        querystring: OverviewQuery,
        headers: ConditionalHeaders,
        response: {
          200: RolloutWithTimeline.describe('Overview of the rollout, with its digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async ({ params, query, headers }, reply) => {
      const live = services.projects.get(params.project)
      const found = findRollout(live.state, params.rollout)
      const rollout = await readRollout(services, live, found)
      const timeline = await readTimeline(services.stores.log, live, {
        rollout: found,
        bound: undefined,
        hasEvidence: false,
        after: query.after,
      })
      const [worst] = worstFirst(rollout.runs)
      const run = rollout.runs.find(({ scope }) => scope === query.scope) ?? worst
      const overview: z.infer<typeof RolloutWithTimeline> = {
        rollout,
        timeline,
        ...(run && {
          health: await readFlagHealth(services, live, { flag: found.flag, scope: run.scope }),
        }),
      }
      if (await isHeldBody(overview, headers, reply)) return reply.code(304).send(null)
      return overview
    },
  )
}
