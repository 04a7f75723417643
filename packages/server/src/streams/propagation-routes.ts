import { strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { SdkState, shownSdk } from './sdk-state.ts'

const PropagationResponse = z
  .object({
    version: z.int().meta({ description: 'Version of the report', example: 812 }),
    connected: z.int().meta({
      description: 'Number of connected SDKs, also those behind relays',
      example: 3,
    }),
    confirmed: z.int().meta({
      description:
        'Number of connected SDKs that hold this version or a later one, or whose ruleset is the same since an older one',
      example: 3,
    }),
    p50Ms: z
      .number()
      .optional()
      .meta({ description: 'Median time to confirmation, ms', example: 9.8 }),
    maxMs: z
      .number()
      .optional()
      .meta({ description: 'Longest time to confirmation, ms', example: 14.2 }),
    servers: z
      .object({
        answered: z.int().meta({ description: 'Servers whose SDKs the report counts', example: 3 }),
        present: z.int().optional().meta({
          description: 'Servers that share the store now; absent while Redis is gone',
          example: 3,
        }),
      })
      .optional()
      .meta({ description: 'Servers of the report; absent where one server uses the store alone' }),
    sdks: z.array(SdkState).meta({ description: 'SDKs, connected or recently offline' }),
  })
  .describe('Propagation of the version')

export const propagationRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, sharedPropagation } },
) => {
  app.get(
    '/:project/propagation',
    {
      schema: {
        operationId: 'getPropagation',
        summary: 'Get the propagation of a version',
        description: 'Reports which SDKs hold a version, and how long it took them to confirm it.',
        tags: ['Propagation'],
        params: ProjectParams,
        querystring: strict({
          seq: z.coerce
            .number()
            .int()
            .min(0)
            .optional()
            .meta({ description: 'Version; by default the current one' }),
        }),
        response: { 200: PropagationResponse },
      },
    },
    async ({ params: { project }, query, principal }) => {
      const version = query.seq ?? projects.get(project).state.version
      const within = principal.scope
      const { sdks, ...summary } = await sharedPropagation.report({ project, version, within })
      return {
        ...summary,
        sdks: sdks.map(shownSdk),
      }
    },
  )
}
