import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { previewEdits } from '../edits/preview.ts'
import { EditsPreview } from '../edits/schemas.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { DryRunQuery, WriteQuery } from '../http/reason.ts'
import { ProjectParams, WriteHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { createFlag, updateFlag } from './plan.ts'
import { FlagInput, FlagPatch, WrittenFlag } from './schemas.ts'

const tags = ['Flags']

export const flagWriteRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects } = services
  app.post(
    '/:project/flags',
    {
      schema: {
        operationId: 'createFlag',
        summary: 'Create a flag',
        description:
          '`{"key": "new-checkout"}` is enough: it creates a boolean release flag, off everywhere.',
        tags,
        params: ProjectParams,
        querystring: WriteQuery,
        headers: WriteHeaders,
        body: FlagInput,
        response: {
          201: WrittenFlag.describe('Flag created'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const { key } = request.body
      const write = createFlag(project, request.body)
      return commitAndReply(projects, { request, reply }, write, {
        status: 201,
        location: `/api/v1/projects/${project}/flags/${key}`,
        body: ({ state }) => findFlag(state, key),
      })
    },
  )

  app.patch(
    '/:project/flags/:flag',
    {
      schema: {
        operationId: 'updateFlag',
        summary: 'Update a flag',
        description:
          'An absent member stays; `null` removes an optional one. The type and the key never change. With `dryRun`, the response shows the users that would get another variant or value. Its ETag can be sent as `If-Match` of the write; a preview that is refused with 428 has it too.',
        tags,
        params: FlagParams,
        querystring: DryRunQuery,
        headers: WriteHeaders,
        body: FlagPatch,
        response: {
          200: z
            .union([WrittenFlag, EditsPreview])
            .describe('Flag updated, or the effect of the update'),
          ...problems(409, 422, 428),
        },
      },
    },
    async (request, reply) => {
      const { params, query, body } = request
      const write = updateFlag(params, body)
      if (query.dryRun) return previewEdits(services, { request, reply }, write)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => findFlag(state, params.flag),
      })
    },
  )
}
