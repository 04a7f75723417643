import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isHeldBody } from '../http/body-etag.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { ProjectScopes } from './schemas.ts'
import { visibleScopes } from './visible-scopes.ts'

/** The environments and instances of a project, for people who choose between them. */
export const scopesRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  app.get(
    '/:project/scopes',
    {
      schema: {
        operationId: 'getScopes',
        summary: 'Get the environments and instances of a project',
        description:
          'Returns all of them with their versions. The activity stream sends the same at its start, and after each change of one. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Projects'],
        params: ProjectParams,
        headers: ConditionalHeaders,
        response: {
          200: ProjectScopes.describe('Environments and instances, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, headers, principal }, reply) => {
      const scopes = visibleScopes(projects.get(params.project).state, principal.scope)
      if (await isHeldBody(scopes, headers, reply)) return reply.code(304).send(null)
      return scopes
    },
  )
}
