import { Ruleset } from '@flaghoist/core/schema'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireKey } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { eventStream } from '../http/event-stream.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { problems } from '../http/problem.ts'
import { identityOf, SdkHeaders } from '../http/sdk-identity.ts'
import { parseCursor } from '../rulesets/cursor.ts'
import { ScopeQuery } from '../rulesets/target.ts'
import type { SdkServices } from '../services.ts'
import { handOver } from './hand-over.ts'
import { rulesetEncoding, rulesetHeaders, wholeHeaders } from './ruleset-headers.ts'
import { streamEncoding } from './stream-encoding.ts'

const SinceQuery = ScopeQuery.extend({
  since: z.string().max(100).optional().meta({
    description:
      'Cursor of the client, `<epoch>.<version>.<hash>`; no older state of its lineage is sent',
  }),
})

/** `/sdk/v1`: the distribution of rulesets to SDKs. */
export const sdkRoutes: FastifyPluginAsyncZod<{ services: SdkServices }> = async (
  app,
  { services },
) => {
  declareCommonFailures(app)
  app.addHook('onRequest', requireKey(services, ['server', 'client']))
  await app.register(rulesetRoute, { services })
  await app.register(streamRoute, { services })
}

const rulesetRoute: FastifyPluginAsyncZod<{ services: SdkServices }> = async (
  app,
  { services },
) => {
  const { targets, rulesets, limits } = services
  app.get(
    '/ruleset',
    {
      // A held ruleset is confirmed without limit; a transfer counts.
      config: { rateLimit: false },
      schema: {
        operationId: 'getRuleset',
        summary: 'Get the ruleset of a key',
        description: 'Returns everything that an SDK needs to evaluate flags locally.',
        tags: ['SDK'],
        querystring: SinceQuery,
        headers: SdkHeaders,
        response: {
          200: Ruleset.describe('Ruleset, with its ETag'),
          304: z.null().describe('Not modified'),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const target = await targets.find(principal, query)
      // A server that lags behind the client's version reads the log first.
      const since = await targets.confirm(target, parseCursor(query.since))
      await rulesets.prepare(target, since?.version)
      const published = rulesets.current(target, since?.version)
      reply.headers(rulesetHeaders(published))
      if (matchesEtag(request.headers['if-none-match'], published.etag))
        return reply.code(304).send(null)

      limits.require(request, reply)
      const encoding = rulesetEncoding(request.headers)
      reply.headers(wholeHeaders(encoding))
      return reply.send((await published.encoded(encoding)) as never)
    },
  )
}

const streamRoute: FastifyPluginAsyncZod<{ services: SdkServices }> = async (app, { services }) => {
  const { targets, hub, addressOf } = services
  app.get(
    '/stream',
    {
      exposeHeadRoute: false, // A HEAD request would open a stream without a reader.
      config: { isStream: true },
      schema: {
        operationId: 'streamRuleset',
        summary: 'Stream a ruleset and its changes',
        description:
          'Server-sent events: `put` (ruleset), `patch` (one version) and `heartbeat`. Resume with `Last-Event-ID` or `since`. Compressed for clients that accept gzip; the gzip member has no end.',
        tags: ['SDK'],
        querystring: SinceQuery,
        headers: SdkHeaders,
        response: {
          200: eventStream,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const target = await targets.find(principal, query)
      const cursor = parseCursor(lastEventId(request) ?? query.since)
      const since = await targets.confirm(target, cursor)
      const encoding = streamEncoding(request.headers['accept-encoding'])
      await hub.prepare(target, encoding, since)
      return handOver(hub, reply, {
        target,
        encoding,
        keyId: principal.keyId,
        address: addressOf(request),
        since,
        sdk: identityOf(request),
      })
    },
  )
}

function lastEventId({ headers }: FastifyRequest): string | undefined {
  const last = headers['last-event-id']
  return typeof last === 'string' ? last : undefined
}
