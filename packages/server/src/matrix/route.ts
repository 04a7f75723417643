import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { JSON_TYPE } from '../http/json-type.ts'
import type { Principal } from '../http/principal.ts'
import { ConditionalHeaders, ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { makeMatrix } from './make-matrix.ts'
import { readFlagQuery } from './read-query.ts'
import { Matrix, MatrixQuery } from './schemas.ts'
import { type MatrixPage, makePage, sharedPage } from './shared-pages.ts'

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
      const make = async () => {
        const asked = { query: query.query, principal, now: now() }
        const read = await readFlagQuery(stores, project, asked)
        return makeMatrix(stores.log, project, { ...read, bound: principal.scope, page: query })
      }
      const page = await (dependsOnTime(query.query)
        ? makePage(make)
        : sharedPage(project.state, nameOf(query, principal), make))
      reply.headers({ etag: page.etag, vary: 'accept-encoding' })
      if (matchesEtag(headers['if-none-match'], page.etag)) return reply.code(304).send(null)
      return sendPage(reply as FastifyReply, page, headers['accept-encoding'])
    },
  )
}

/** Checks for a qualifier that may read the clock, such as `is:stale`. */
function dependsOnTime(query: string): boolean {
  return query.includes('is:')
}

/** Names everything that a page depends on, besides the state. `owner:me` reads the key's name. */
function nameOf(query: z.infer<typeof MatrixQuery>, { scope, name }: Principal): string {
  return JSON.stringify([query, scope, name])
}

async function sendPage(
  reply: FastifyReply,
  page: MatrixPage,
  accepted: string | undefined,
): Promise<FastifyReply> {
  const encoding = acceptedEncoding(accepted, ['gzip'])
  if (encoding) reply.header('content-encoding', encoding)
  reply.type(JSON_TYPE)
  return reply.send(encoding ? await page.gzipped() : page.bytes)
}
