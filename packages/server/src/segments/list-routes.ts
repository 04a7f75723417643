import { Segment, strict, targetingKeys } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { WriteQuery } from '../http/reason.ts'
import { WriteHeaders } from '../http/request-schemas.ts'
import { findEntity } from '../resources/resource.ts'
import { entityParams } from '../resources/schemas.ts'
import type { Services } from '../services.ts'
import { editSegmentList } from './edit-list.ts'
import { segments } from './segments.ts'

const ListEdit = strict({
  add: targetingKeys({ description: 'Targeting keys to add', example: ['cy'] }).default([]),
  remove: targetingKeys({ description: 'Targeting keys to remove', example: ['bob'] }).default([]),
}).meta({
  id: 'SegmentListEdit',
  description: 'Targeting keys to add to a list and to remove from it',
  example: { add: ['cy'], remove: ['bob'] },
})

const LISTS = [
  { list: 'include', summary: 'Update the members of a segment' },
  { list: 'exclude', summary: 'Update the excluded members of a segment' },
] as const

/** The routes that edit the lists of a segment without sending them whole. */
export const segmentListRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects } },
) => {
  for (const { list, summary } of LISTS)
    app.post(
      `/:project/segments/:key/${list}`,
      {
        schema: {
          operationId: `${list}InSegment`,
          summary,
          description: 'Keys that the list has already, or does not have, change nothing.',
          tags: [segments.tag],
          params: entityParams(segments),
          querystring: WriteQuery,
          headers: WriteHeaders,
          body: ListEdit,
          response: {
            200: Segment.describe('Segment updated'),
            ...problems(409, 422, 428),
          },
        },
      },
      async (request, reply) => {
        const { params, body } = request
        const write = editSegmentList(params, list, body)
        return commitAndReply(projects, { request, reply }, write, {
          body: ({ state }) => findEntity(state, segments, params.key),
        })
      },
    )
}
