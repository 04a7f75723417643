import { Flag, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { WriteQuery } from '../http/reason.ts'
import { WriteHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { LastExposures, lastExposures } from './last-exposures.ts'
import { archiveFlag, unarchiveFlag } from './plan.ts'
import { WrittenFlag } from './schemas.ts'

const tags = ['Flags']

const ArchivedFlag = strict({ ...Flag.shape, lastExposures: LastExposures }).meta({
  id: 'ArchivedFlag',
  description: 'Archived flag, with the scopes that evaluated it last',
})

export const archiveRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.delete(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'archiveFlag',
        summary: 'Archive a flag',
        description:
          'SDKs no longer receive the flag, so that callers get their own defaults. The key stays reserved. `lastExposures` lists the scopes that still evaluated it.',
        tags,
        params: FlagParams,
        querystring: WriteQuery,
        headers: WriteHeaders,
        response: {
          200: ArchivedFlag.describe('Flag archived'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { params, principal } = request
      const write = archiveFlag(params, new Date(now()).toISOString())
      const target = { ...params, within: principal.scope }
      const exposures = await lastExposures(stores.events, target, now())
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => ({ ...findFlag(state, params.flag), lastExposures: exposures }),
      })
    },
  )

  app.post(
    '/:project/flags/:flag/unarchive',
    {
      schema: {
        operationId: 'unarchiveFlag',
        summary: 'Unarchive a flag',
        tags,
        params: FlagParams,
        querystring: WriteQuery,
        headers: WriteHeaders,
        response: {
          200: WrittenFlag.describe('Flag unarchived'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) =>
      commitAndReply(projects, { request, reply }, unarchiveFlag(request.params), {
        body: ({ state }) => findFlag(state, request.params.flag),
      }),
  )
}
