import { Key } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { segmentsChangedAt } from '../changes/change-instants.ts'
import { PageQuery, page, paginate } from '../http/pagination.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { summaryOf } from '../projects/segment-summary.ts'
import { isVisibleEntity } from '../projects/visibility.ts'
import type { Services } from '../services.ts'
import { usesOfSegments } from './usage.ts'
import { SegmentUsage } from './usage-schema.ts'

const UsageQuery = PageQuery.extend({
  segment: Key.optional().meta({
    description: 'Key of the only segment to list; without it, all are listed',
    example: 'staff',
  }),
})

/** The segments as a list shows them, without their targeting keys. */
export const segmentUsageRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores } },
) => {
  app.get(
    '/:project/segment-usage',
    {
      schema: {
        operationId: 'listSegmentUsage',
        summary: 'List the sizes of segments and the flags that name them',
        description:
          'The response omits the targeting keys of the lists. A segment without flags, plans and rollouts can be deleted.',
        tags: ['Segments'],
        params: ProjectParams,
        querystring: UsageQuery,
        response: { 200: page(SegmentUsage, 'Segments in order of their keys') },
      },
    },
    async ({ params, query, principal }) => {
      const project = projects.get(params.project)
      const { state } = project
      const uses = usesOfSegments(state, principal.scope)
      const found = [...state.segments.values()]
        .filter(({ key }) => query.segment === undefined || key === query.segment)
        .filter(({ key }) => isVisibleEntity(state, { kind: 'segment', key }, principal.scope))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
      const { items, ...rest } = paginate(found, query, ({ key }) => key)
      const instants = await segmentsChangedAt(stores.log, project, items)
      const shown = items.map((segment, i) => ({
        ...summaryOf(segment),
        ...uses.get(segment.key)!,
        ...(instants[i] && { changedAt: instants[i] }),
      }))
      return { items: shown, ...rest }
    },
  )
}
