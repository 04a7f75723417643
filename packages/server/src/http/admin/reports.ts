import { isWithin } from '@flaghoist/core/model'
import { Instant, Key, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Parts } from '../../parts.ts'
import { problems } from '../problem.ts'
import { ProjectParams } from './common.ts'

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

const Exposure = z.object({
  flag: Key,
  variant: Key,
  arm: z.enum(['', 'treatment', 'control']),
  scope: Scope,
  minute: Instant,
  count: z.int(),
})

/** What the SDKs say. */
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

  app.get(
    '/:project/exposures',
    {
      schema: {
        operationId: 'listExposures',
        summary: 'See how often which variant was served',
        description: 'Counts for each minute, the newest first.',
        tags,
        params: ProjectParams,
        querystring: z.strictObject({
          flag: Key.optional(),
          scope: Scope.optional(),
          from: Instant.optional(),
          to: Instant.optional(),
          limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
        }),
        response: {
          200: z.object({ items: z.array(Exposure) }).describe('Counts'),
          ...problems(400, 401, 403, 404),
        },
      },
    },
    async ({ params, query, principal }) => {
      const { flag, scope, from, to, limit } = query
      parts.changes.project(params.project)
      const counts = await parts.store.exposures(params.project, {
        flag,
        scope,
        from: from && Date.parse(from),
        to: to && Date.parse(to),
        limit,
      } as Parameters<typeof parts.store.exposures>[1])
      return {
        items: counts
          .filter((count) => isWithin(count.scope, principal.scope))
          .map((count) => ({ ...count, minute: new Date(count.minute).toISOString() })),
      }
    },
  )
}
