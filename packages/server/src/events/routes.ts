import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { requireKey } from '../http/auth.ts'
import { problems } from '../http/problem.ts'
import { renewEpochOfRestoredLog } from '../projects/epoch-renewal.ts'
import { isReached } from '../rulesets/cursor.ts'
import { ScopeQuery, targetOf } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { acceptGzippedJson } from './gzip-json.ts'
import { createIntake } from './intake.ts'
import { EventsRequest, EventsResponse } from './schemas.ts'

/** `/sdk/v1/events`: what SDKs report. */
export const eventRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, keys, propagation, rulesets } = services
  const take = createIntake(services)
  app.addHook('onRequest', requireKey(keys, ['server', 'client']))
  acceptGzippedJson(app, LIMITS.eventsBytes)

  app.post(
    '/events',
    {
      bodyLimit: LIMITS.eventsBytes,
      schema: {
        operationId: 'sendEvents',
        summary: 'Report exposures and outcomes, and the version that an SDK holds',
        description:
          'A batch that comes twice counts once. What does not fit the ruleset, or is more than the key may report, is dropped and counted; the rest is kept. The body may be gzipped.',
        tags: ['SDK'],
        querystring: ScopeQuery,
        body: EventsRequest,
        response: {
          202: EventsResponse,
          ...problems(400, 401, 403, 404, 413, 415, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const { sdk, held, sentAt, batch } = request.body
      const address = targetOf(projects, principal, query)
      if (principal.kind === 'server')
        await renewEpochOfRestoredLog(projects, address.project, held)
      const { ruleset } = rulesets.current(address)
      if (held !== undefined && isReached(held, ruleset))
        propagation.held({ ...sdk, ...address }, held)
      if (batch === undefined) return reply.code(202).send({ accepted: 0, dropped: 0 })

      return reply.code(202).send(await take(principal, { sdk, batch, sentAt, address, ruleset }))
    },
  )
}
