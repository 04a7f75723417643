import { entityName } from '@flaghoist/core/model'
import { Segment } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { segmentsChangedAt } from '../changes/change-instants.ts'
import { isHeldBody } from '../http/body-etag.ts'
import { ConditionalHeaders } from '../http/request-schemas.ts'
import { versionOf } from '../projects/checks.ts'
import { SegmentSummary, summaryOf } from '../projects/segment-summary.ts'
import { findVisibleEntity } from '../resources/resource.ts'
import { entityParams } from '../resources/schemas.ts'
import type { Services } from '../services.ts'
import { segments } from './segments.ts'
import { usesOfSegments } from './usage.ts'
import { SegmentUsage } from './usage-schema.ts'

const SegmentOverview = z
  .object({
    segment: z.union([Segment, SegmentSummary]).meta({
      description: 'The segment; sizes instead of lists for a key that is bound to a scope',
    }),
    version: z.int().meta({
      description:
        'Number of the last change of the segment. Between double quotes, it is the ETag that `If-Match` of a write takes',
      example: 812,
    }),
    usage: SegmentUsage.meta({ description: 'Size of the segment, and the entities that name it' }),
  })
  .meta({ id: 'SegmentOverview', description: 'Segment, and the entities that name it' })

/** All that people look at before they change a segment. */
export const segmentOverviewRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores } },
) => {
  app.get(
    '/:project/segments/:key/overview',
    {
      schema: {
        operationId: 'getSegmentOverview',
        summary: 'Get a segment with the entities that name it',
        description:
          'Combines the segment, its version, and its usage. `If-None-Match` with the ETag of the last response returns 304 if nothing has changed.',
        tags: [segments.tag],
        params: entityParams(segments),
        headers: ConditionalHeaders,
        response: {
          200: SegmentOverview.describe('Overview of the segment, with its digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params: { project, key }, headers, principal }, reply) => {
      const live = projects.get(project)
      const { state } = live
      const bound = principal.scope
      const segment = findVisibleEntity(state, segments, { key, bound }) as Segment
      const summary = summaryOf(segment)
      const [changedAt] = await segmentsChangedAt(stores.log, live, [segment])
      const overview: z.infer<typeof SegmentOverview> = {
        segment: bound === undefined ? segment : summary,
        version: versionOf(state, [entityName({ kind: segments.kind, key })]),
        usage: {
          ...summary,
          ...usesOfSegments(state, bound).get(key)!,
          ...(changedAt && { changedAt }),
        },
      }
      if (await isHeldBody(overview, headers, reply)) return reply.code(304).send(null)
      return overview
    },
  )
}
