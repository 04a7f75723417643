import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { requireKey } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { problems } from '../http/problem.ts'
import { confirmCursor } from '../rulesets/cursor.ts'
import { ScopeQuery, targetOf } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { createIngest } from './create-ingest.ts'
import { acceptGzippedJson } from './gzip-json.ts'
import { limitReports } from './limit-reports.ts'
import { EventsRequest, EventsResponse } from './schemas.ts'

/** `POST /sdk/v1/events`: the reports of SDKs. */
export const ingestRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { projects, propagation, rulesets, limits, addressOf } = services
  const ingest = createIngest(services)
  declareCommonFailures(app)
  app.addHook('onRequest', requireKey(services, ['server', 'client']))
  acceptGzippedJson(app, LIMITS.eventsBytes)

  app.post(
    '/events',
    {
      bodyLimit: LIMITS.eventsBytes,
      config: { rateLimit: false },
      ...limitReports(limits),
      schema: {
        operationId: 'sendEvents',
        summary: 'Send exposures and outcomes',
        description:
          'Records a batch of exposures and outcomes, and the ruleset version that the SDK holds. A batch counts once, however often it is sent. Events that do not fit the ruleset or exceed the quota of the key or the address are dropped and counted; the others are kept. The body may be compressed with gzip.',
        tags: ['SDK'],
        querystring: ScopeQuery,
        body: EventsRequest,
        response: {
          202: EventsResponse,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const { sdk, held, sentAt, batch } = request.body
      const target = targetOf(projects, principal, query)
      const confirmed = await confirmCursor(projects, target.project, held)
      if (confirmed !== undefined) propagation.held({ ...sdk, ...target }, confirmed, held?.ageMs)
      const { ruleset } = rulesets.current(target)
      if (batch === undefined) return reply.code(202).send({ accepted: 0, dropped: 0 })

      const report = { sdk, batch, sentAt, target, address: addressOf(request), ruleset }
      return reply.code(202).send(await ingest(principal, report))
    },
  )
}
