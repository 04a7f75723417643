import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { requireKey } from '../http/auth.ts'
import { problems } from '../http/problem.ts'
import type { Parts } from '../parts.ts'
import { addressOf, ScopeQuery } from '../streams/address.ts'
import { isReached } from '../streams/frames.ts'
import { noticeLostLog } from '../streams/lost-log.ts'
import { createIngest } from './create-ingest.ts'
import { acceptGzippedJson } from './gzip-json.ts'
import { EventsRequest, EventsResponse } from './schemas.ts'

/** `POST /sdk/v1/events`: the reports of SDKs. */
export const ingestRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  const { changes, keys, propagation, rulesets } = parts
  const ingest = createIngest(parts)
  app.addHook('onRequest', requireKey(keys, ['server', 'client']))
  acceptGzippedJson(app, LIMITS.eventsBytes)

  app.post(
    '/events',
    {
      bodyLimit: LIMITS.eventsBytes,
      schema: {
        operationId: 'sendEvents',
        summary: 'Send exposures and outcomes',
        description:
          'Records a batch of exposures and outcomes, and the ruleset version that the SDK holds. A batch counts once, however often it is sent. Events that do not fit the ruleset or exceed the quota of the key are dropped and counted; the others are kept. The body may be compressed with gzip.',
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
      const address = addressOf(changes, principal, query)
      if (principal.kind === 'server') await noticeLostLog(changes, address.project, held)
      const { ruleset } = rulesets.current(address)
      if (held !== undefined && isReached(held, ruleset))
        propagation.held({ ...sdk, ...address }, held)
      if (batch === undefined) return reply.code(202).send({ accepted: 0, dropped: 0 })

      return reply.code(202).send(await ingest(principal, { sdk, batch, sentAt, address, ruleset }))
    },
  )
}
