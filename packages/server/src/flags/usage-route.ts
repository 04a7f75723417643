import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Services } from '../services.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { LastExposures, lastExposures } from './last-exposures.ts'

/** The last use of a flag: the preview of its removal. */
export const usageRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/flags/:flag/usage',
    {
      schema: {
        operationId: 'getFlagUsage',
        summary: 'Get the last exposure of a flag in each scope',
        description:
          'Shows before an archival which deployments still evaluate the flag. The response of an archival has the same list.',
        tags: ['Flags'],
        params: FlagParams,
        response: {
          200: z.object({ lastExposures: LastExposures }).describe('Last exposures of the flag'),
        },
      },
    },
    async ({ params, principal }) => {
      findFlag(projects.get(params.project).state, params.flag)
      const target = { ...params, within: principal.scope }
      return { lastExposures: await lastExposures(stores.events, target, now()) }
    },
  )
}
