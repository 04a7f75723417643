import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isHeldBody } from '../http/body-etag.ts'
import { paginate } from '../http/pagination.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import { readFlagQuery } from '../matrix/read-query.ts'
import type { Services } from '../services.ts'
import { driftScopes } from './drift-scopes.ts'
import { findDrift, placeOf } from './find-drift.ts'
import { Drift, DriftQuery } from './schemas.ts'

/** The flags that scopes serve differently, and the causes. */
export const driftRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/drift',
    {
      schema: {
        operationId: 'getDrift',
        summary: 'List the flags that scopes serve differently',
        description:
          'Compares the scopes flag by flag, and names the cause of each difference. Two shares are equal whichever units they select. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Flags'],
        params: ProjectParams,
        querystring: DriftQuery,
        headers: ConditionalHeaders,
        response: {
          200: Drift.describe('Differing flags of this page, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, query, headers, principal }, reply) => {
      const project = projects.get(params.project)
      const { state } = project
      const at = now()
      const { columns, terms, matches } = await readFlagQuery(stores, project, {
        query: query.query,
        principal,
        now: at,
      })
      const bound = principal.scope
      const scopes = driftScopes(query.scopes, terms, { state, columns, bound })
      const found = await findDrift(state, { scopes, matches, now: at })
      const unexplained = found.filter((flag) => flag.unexplained > 0)
      const listed = query.only === 'unexplained' ? unexplained : found
      const { items, ...rest } = paginate(listed, query, placeOf)
      const drift: Drift = {
        version: state.version,
        scopes: [...scopes],
        total: found.length,
        unexplained: unexplained.length,
        flags: items,
        ...rest,
      }
      if (await isHeldBody(drift, headers, reply)) return reply.code(304).send(null)
      return drift
    },
  )
}
