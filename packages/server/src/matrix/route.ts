import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { bodyEtag } from '../http/body-etag.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { makeMatrix } from './make-matrix.ts'
import { readFlagQuery } from './read-query.ts'
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
      const read = await readFlagQuery(stores, project, {
        query: query.query,
        principal,
        now: now(),
      })
      const matrix = await makeMatrix(stores.log, project, {
        ...read,
        bound: principal.scope,
        page: query,
      })
      const etag = await bodyEtag(matrix)
      reply.header('etag', etag)
      if (matchesEtag(headers['if-none-match'], etag)) return reply.code(304).send(null)
      return matrix
    },
  )
}
