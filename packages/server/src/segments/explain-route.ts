import { type Segment, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Context } from '../flags/evaluate/schemas.ts'
import { requireUnbound } from '../http/auth.ts'
import { contextOf } from '../ofrep/request.ts'
import { findEntity } from '../resources/resource.ts'
import { entityParams } from '../resources/schemas.ts'
import type { Services } from '../services.ts'
import { explainSegment } from './explain-segment.ts'
import { segments } from './segments.ts'

const EvaluateSegmentRequest = strict({ context: Context }).meta({
  id: 'EvaluateSegmentRequest',
  description: 'Context of an evaluation of a segment',
  example: { context: { targetingKey: 'ada', plan: 'pro' } },
})

const ExplainedSegment = z
  .object({
    isMember: z.boolean().meta({ description: 'True if the context is a member', example: true }),
    decision: z.enum(['excluded', 'included', 'matched', 'unmatched']).meta({
      description:
        'Part that decided: the list `exclude`, the list `include`, a group of `when` that matched, or none of them',
      example: 'included',
    }),
    results: z.array(z.array(z.boolean())).meta({
      description: 'True for each clause of `when` that matches, by group',
      example: [[false]],
    }),
  })
  .meta({ id: 'ExplainedSegment', description: 'Membership of a context, with its cause' })

/** The membership of a context, with its cause, for people. */
export const segmentExplainRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, now } },
) => {
  app.post(
    '/:project/segments/:key/evaluate',
    {
      schema: {
        operationId: 'explainSegment',
        summary: 'Check a context against a segment, and explain the result',
        description:
          'Evaluates the segment as SDKs do. Nothing is counted. Only a key of the whole project sees who is in a segment.',
        tags: ['Segments'],
        params: entityParams(segments),
        body: EvaluateSegmentRequest,
        response: { 200: ExplainedSegment.describe('Membership of the context') },
      },
      preHandler: async ({ principal }) => requireUnbound(principal),
    },
    async ({ params, body }) => {
      const { state } = projects.get(params.project)
      const segment = findEntity(state, segments, params.key) as Segment
      return explainSegment(segment, contextOf(body), now)
    },
  )
}
