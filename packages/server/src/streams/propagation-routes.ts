import { Instant, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problems } from '../http/problem.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'

const SdkState = z.object({
  id: z.string().meta({ description: 'Random id of one SDK object' }),
  name: z.string().meta({ description: 'Name and version of the SDK' }),
  scope: Scope.meta({ description: 'Scope in which the SDK evaluates' }),
  audience: z.enum(['server', 'client']).meta({ description: 'Kind of its key' }),
  offlineSince: Instant.optional().meta({
    description: 'End of its last connection; absent while connected',
  }),
  version: z.int().optional().meta({ description: 'Version that it has last confirmed' }),
  confirmedAfterMs: z
    .number()
    .optional()
    .meta({ description: 'Time from the commit to its confirmation, ms' }),
})

const PropagationResponse = z
  .object({
    version: z.int().meta({ description: 'Version of the report' }),
    connected: z.int().meta({ description: 'Number of connected SDKs' }),
    confirmed: z
      .int()
      .meta({ description: 'Number of connected SDKs that hold this version or a later one' }),
    p50Ms: z.number().optional().meta({ description: 'Median time to confirmation, ms' }),
    maxMs: z.number().optional().meta({ description: 'Longest time to confirmation, ms' }),
    sdks: z.array(SdkState).meta({ description: 'SDKs, connected or recently offline' }),
  })
  .describe('Propagation of the version')

export const propagationRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, propagation } },
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
        querystring: z.strictObject({
          seq: z.coerce
            .number()
            .int()
            .min(0)
            .optional()
            .meta({ description: 'Version; by default the current one' }),
        }),
        response: { 200: PropagationResponse, ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params: { project }, query, principal }) => {
      const { state } = projects.get(project)
      const version = query.seq ?? state.version
      const { sdks, ...summary } = propagation.report(project, version, principal.scope)
      return {
        ...summary,
        sdks: sdks.map(({ offlineSince, ...sdk }) => ({
          ...sdk,
          ...(offlineSince === undefined
            ? {}
            : { offlineSince: new Date(offlineSince).toISOString() }),
        })),
      }
    },
  )
}
