import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { requireKey } from '../http/auth.ts'
import { throwKnownFailure } from '../http/begun-requests.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { problems } from '../http/problem.ts'
import { ScopeQuery } from '../rulesets/target.ts'
import type { SdkServices } from '../services.ts'
import { createAcceptReport } from './accept-report.ts'
import { acceptGzippedJson } from './gzip-json.ts'
import { limitReports } from './limit-reports.ts'
import { RelayHeaders } from './relay-vouchers.ts'
import { EventsRequest, EventsResponse } from './schemas.ts'

/** `POST /sdk/v1/events`: the reports of SDKs. */
export const ingestRoutes: FastifyPluginAsyncZod<{ services: SdkServices }> = async (
  app,
  { services },
) => {
  const { targets, limits } = services
  const accept = createAcceptReport(services)
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
          'Records a batch of exposures and outcomes, and the ruleset version that the SDK holds. A batch counts once, however often it is sent. Events that do not fit the ruleset, exceed the quota of the key or the address, or concern users outside the sample of a flag are dropped and counted; the others are kept. The body may be compressed with gzip.',
        tags: ['SDK'],
        querystring: ScopeQuery,
        headers: RelayHeaders,
        body: EventsRequest,
        response: {
          202: EventsResponse,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      throwKnownFailure()
      const { principal, query, body } = request
      const target = await targets.find(principal, query)
      return reply.code(202).send(await accept({ principal, target, client: request }, body))
    },
  )
}
