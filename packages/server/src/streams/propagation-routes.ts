import { Instant, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Parts } from '../services.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams } from '../http/common.ts'

const tags = ['Reports']

const SdkReport = z.object({
  id: z.string(),
  name: z.string(),
  scope: Scope,
  audience: z.enum(['server', 'client']),
  offlineSince: Instant.optional().meta({ description: 'Left out while it is connected' }),
  version: z.int().optional().meta({ description: 'What it last said that it holds' }),
  confirmedAfterMs: z.number().optional().meta({ description: 'From the commit to its word' }),
})

const Propagation = z
  .object({
    version: z.int(),
    connected: z.int().meta({ description: 'SDKs that are connected now' }),
    confirmed: z.int().meta({ description: 'Of these, how many hold the version or a later one' }),
    p50Ms: z.number().optional(),
    maxMs: z.number().optional(),
    sdks: z.array(SdkReport),
  })
  .describe('How far a version has come')

/** How far changes have come. */
export const reportRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.get(
    '/:project/propagation',
    {
      schema: {
        operationId: 'getPropagation',
        summary: 'See which SDKs hold a version',
        tags,
        params: ProjectParams,
        querystring: z.strictObject({
          seq: z.coerce
            .number()
            .int()
            .min(0)
            .optional()
            .meta({ description: 'Left out: the current version' }),
        }),
        response: { 200: Propagation, ...problems(400, 401, 403, 404) },
      },
    },
    async ({ params, query, principal }) => {
      const { state } = parts.changes.project(params.project)
      const report = parts.propagation.report(
        params.project,
        query.seq ?? state.version,
        principal.scope,
      )
      const sdks = report.sdks.map(({ offlineSince, ...sdk }) => ({
        ...sdk,
        ...(offlineSince === undefined
          ? {}
          : { offlineSince: new Date(offlineSince).toISOString() }),
      }))
      return { ...report, sdks }
    },
  )
}
