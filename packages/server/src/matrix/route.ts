import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { staleFilter } from '../flags/stale.ts'
import { bodyEtag } from '../http/body-etag.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { visibleColumns } from './columns.ts'
import { asksFor, flagCheck, parseFlagQuery } from './flag-query.ts'
import { makeMatrix } from './make-matrix.ts'
import { Matrix, MatrixQuery } from './schemas.ts'

/** The states of all flags in all scopes, for people who look for one of them. */
export const matrixRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/matrix',
    {
      schema: {
        operationId: 'getMatrix',
        summary: 'Get the states of flags in environments and instances',
        description:
          'One character for each flag and scope, so that a page of 500 flags in 500 scopes is small. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: ['Flags'],
        params: ProjectParams,
        querystring: MatrixQuery,
        headers: ConditionalHeaders,
        response: {
          200: Matrix.describe('States of the flags of this page, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params, query, headers, principal }, reply) => {
      const project = projects.get(params.project)
      const { state } = project
      const at = now()
      const { scope: bound, name: me } = principal
      const columns = visibleColumns(state, bound)
      const terms = parseFlagQuery(query.query, columns)
      const isStale = asksFor(terms, 'is', 'stale')
        ? await staleFilter(stores.log, project, { scope: bound, now: at })
        : () => false
      const matches = flagCheck(terms, { state, columns, me, isStale, now: at })
      const matrix = await makeMatrix(stores.log, project, {
        columns,
        terms,
        matches,
        bound,
        page: query,
      })
      const etag = bodyEtag(matrix)
      reply.header('etag', etag)
      if (matchesEtag(headers['if-none-match'], etag)) return reply.code(304).send(null)
      return matrix
    },
  )
}
