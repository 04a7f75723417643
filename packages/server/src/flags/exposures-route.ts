import { Instant, Scope } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isHeldBody } from '../http/body-etag.ts'
import { ConditionalHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import { sum } from '../streams/propagation-report.ts'
import { findFlag } from './find-flag.ts'
import { FlagParams } from './flag-params.ts'
import { lastExposures } from './last-exposures.ts'
import {
  COUNTED_HOURS,
  recentExposures,
  sumByVariant,
  VariantExposures,
} from './recent-exposures.ts'

const ScopeExposures = z
  .object({
    scope: Scope.meta({ description: 'Scope of the exposures', example: 'production/acme' }),
    lastAt: Instant.meta({ description: 'Start of the minute of the last exposure' }),
    count: z.int().meta({ description: 'Sum of `count` of the variants', example: 1_310 }),
    variants: z.array(VariantExposures).meta({
      description: 'Counts by variant, in the order of the flag; only variants with some',
    }),
  })
  .meta({ id: 'ScopeExposures', description: 'Exposures in one scope' })

const FlagExposures = z
  .object({
    variants: z.array(VariantExposures).meta({ description: 'Counts by variant in all scopes' }),
    scopes: z.array(ScopeExposures).meta({
      description: 'Scopes with an exposure in the last 30 days, in order of their names',
    }),
  })
  .meta({
    id: 'FlagExposures',
    description: `Exposures of the last ${COUNTED_HOURS} hours by scope and variant`,
  })

type FlagExposures = z.infer<typeof FlagExposures>

/** The variants that programs were served of late, in every scope. */
export const exposuresRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, stores, now } },
) => {
  app.get(
    '/:project/flags/:flag/exposures',
    {
      schema: {
        operationId: 'getFlagExposures',
        summary: 'Count exposures of a flag by scope and variant',
        description: `Counts the last ${COUNTED_HOURS} hours. Scopes without an exposure in them are listed with the last one in 30 days. \`If-None-Match\` with the ETag of the last response returns 304 if nothing has changed.`,
        tags: ['Flags'],
        params: FlagParams,
        headers: ConditionalHeaders,
        response: {
          200: FlagExposures.describe('Exposures of the flag, with their digest as ETag'),
          304: z.null().describe('The held response is current'),
        },
      },
    },
    async ({ params: { project, flag: key }, headers, principal: { scope: within } }, reply) => {
      const flag = findFlag(projects.get(project).state, key)
      const target = { project, flag: key, within }
      const last = await lastExposures(stores.events, target, now())
      const recent = await recentExposures(stores.events, project, flag, { within, now: now() })
      const scopes = last.map(({ scope, at }) => {
        const variants = [...(recent.get(scope) ?? [])]
        return { scope, lastAt: at, count: sum(variants.map(({ count }) => count)), variants }
      })
      const exposures: FlagExposures = {
        variants: [...sumByVariant([...recent.values()].flat(), flag)],
        scopes: scopes.sort((a, b) => (a.scope < b.scope ? -1 : 1)),
      }
      if (await isHeldBody(exposures, headers, reply)) return reply.code(304).send(null)
      return exposures
    },
  )
}
