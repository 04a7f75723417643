import { FlagDefinition, Instant } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { PageQuery } from '../http/pagination.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { STALE_DAYS } from './stale.ts'
import { findStaleFlags, shownStaleFlag } from './stale-flags.ts'

const { key, kind, description, owner, expectedRemovalAt } = FlagDefinition.shape

const StaleFlag = z
  .object({
    key,
    kind,
    description,
    owner,
    expectedRemovalAt,
    reasons: z
      .array(
        z.object({
          code: z.enum(['overdue', 'one-variant']).meta({
            description: `Reason: its planned removal has passed, or it has served one variant only, unchanged for ${STALE_DAYS} days`,
            example: 'overdue',
          }),
          text: z.string().meta({
            description: 'Reason in one sentence',
            example: 'Its removal was planned for 2026-10-01T00:00:00Z.',
          }),
        }),
      )
      .meta({ description: 'Reasons to remove the flag, at least one' }),
    lastExposureDay: Instant.optional().meta({
      description: 'Start of the day of the last exposure, in UTC; absent for none in 30 days',
    }),
    steps: z.array(z.string()).meta({
      description: 'Steps of its removal, in order',
      example: ['Wait until no deployment evaluates the flag: GET /api/v1/…/usage'],
    }),
  })
  .meta({ id: 'StaleFlag', description: 'Flag to remove, with the reasons and the steps' })

/** The flags to remove, for people who tidy up. */
export const staleRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/stale-flags',
    {
      schema: {
        operationId: 'listStaleFlags',
        summary: 'List the flags to remove, with their reasons and steps',
        description:
          'The flags of `GET /flags?stale=true`: those that are overdue longest first, then those that are unchanged longest.',
        tags: ['Flags'],
        params: ProjectParams,
        querystring: PageQuery.pick({ limit: true }),
        response: {
          200: z
            .object({
              total: z.int().meta({ description: 'Number of flags to remove', example: 4 }),
              items: z.array(StaleFlag).meta({ description: 'The first of them, up to `limit`' }),
            })
            .describe('Flags to remove'),
        },
      },
    },
    async ({ params, query, principal }) => {
      const project = projects.get(params.project)
      const reader = { scope: principal.scope, now: now() }
      const found = await findStaleFlags(stores, project, reader)
      const items = []
      for (const one of found.slice(0, query.limit))
        items.push(await shownStaleFlag(stores, project, one, reader))
      return { total: found.length, items }
    },
  )
}
