import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { findFlag } from '../flags/find-flag.ts'
import { FlagParams } from '../flags/flag-params.ts'
import { requireQueryScope } from '../projects/not-found.ts'
import type { Services } from '../services.ts'
import { readFlagHealth } from './flag-health.ts'
import { FlagHealth, HealthQuery } from './schemas.ts'

/** The health of a flag in a scope: verdicts with their evidence, and series for plots. */
export const healthRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  app.get(
    '/:project/flags/:flag/health',
    {
      schema: {
        operationId: 'getFlagHealth',
        summary: 'Get the health of a flag in a scope',
        description:
          'Compares the arms of the rollout, or the variants of the split, by what SDKs have reported. The intervals hold at all times at once, however often they are read. A rollout of a plan has an error budget of its own, so that its verdict can differ.',
        tags: ['Metrics'],
        params: FlagParams,
        querystring: HealthQuery,
        response: { 200: FlagHealth.describe('Health of the flag in the scope') },
      },
    },
    async ({ params: { project, flag }, query: { scope }, principal }) => {
      const live = services.projects.get(project)
      const { state } = live
      findFlag(state, flag)
      requireQueryScope(state, scope, principal.scope)
      return readFlagHealth(services, live, { flag, scope })
    },
  )
}
