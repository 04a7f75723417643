import { Ruleset } from '@flaghoist/core/schema'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireKey } from '../http/auth.ts'
import { isKnown } from '../http/etag.ts'
import { problems } from '../http/problem.ts'
import type { Parts } from '../services.ts'
import type { Encoding } from '../rulesets/rulesets.ts'
import { addressOf, ScopeQuery } from '../rulesets/target.ts'
import { type Cursor, parseCursor } from './frames.ts'
import { handOver } from './hand-over.ts'
import { identityOf, SdkHeaders } from '../http/sdk-identity.ts'
import { noticeLostLog } from '../projects/epoch-renewal.ts'

/** What an answer depends on; CORS adds nothing to it. */
const VARY = 'Accept-Encoding, Authorization, X-API-Key, Origin'

/** `/sdk/v1`: how rulesets reach SDKs. */
export const sdkRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.addHook('onRequest', requireKey(parts.keys, ['server', 'client']))
  await app.register(rulesetRoute, { parts })
  await app.register(streamRoute, { parts })
}

const rulesetRoute: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  const { changes, rulesets } = parts
  app.get(
    '/ruleset',
    {
      schema: {
        operationId: 'getRuleset',
        summary: 'The whole ruleset of a key',
        description:
          'Everything that the key needs to evaluate locally; `304` if it is what you have.',
        tags: ['SDK'],
        querystring: ScopeQuery,
        headers: SdkHeaders,
        response: {
          200: Ruleset.describe('The ruleset, with an ETag'),
          304: z.null().describe('You have it'),
          ...problems(400, 401, 403, 404, 429),
        },
      },
    },
    async (request, reply) => {
      const published = rulesets.current(addressOf(changes, request.principal, request.query))
      reply.headers({ etag: published.etag, 'cache-control': 'no-cache', vary: VARY })
      if (isKnown(request.headers['if-none-match'], published.etag))
        return reply.code(304).send(null)

      reply.type('application/json; charset=utf-8')
      const encoding = acceptedEncoding(request.headers['accept-encoding'])
      if (encoding === undefined) return reply.send(published.bytes as never)
      reply.header('content-encoding', encoding)
      return reply.send((await published.compressed(encoding)) as never)
    },
  )
}

const streamRoute: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  const { changes, hub } = parts
  app.get(
    '/stream',
    {
      exposeHeadRoute: false, // It would open a stream that nobody can read.
      schema: {
        operationId: 'streamRuleset',
        summary: 'The ruleset and its changes, as server-sent events',
        description:
          'Events `put` (a ruleset), `patch` (one version) and `heartbeat`. Resume with `Last-Event-ID` or `since`.',
        tags: ['SDK'],
        querystring: ScopeQuery.extend({
          since: z.string().max(100).optional().meta({ description: 'Cursor `<epoch>.<version>`' }),
        }),
        headers: SdkHeaders,
        response: {
          200: z.string().describe('A stream of events (text/event-stream)'),
          ...problems(400, 401, 403, 404, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const address = addressOf(changes, principal, query)
      const since = cursorOf(request, query.since)
      if (principal.kind === 'server') await noticeLostLog(changes, address.project, since)

      return handOver(hub, reply, {
        address,
        keyId: principal.keyId,
        since,
        sdk: identityOf(request),
      })
    },
  )
}

function cursorOf(request: FastifyRequest, since: string | undefined): Cursor | undefined {
  const last = request.headers['last-event-id']
  return parseCursor(typeof last === 'string' ? last : since)
}

/** The first encoding of ours that the client takes; a quality of 0 refuses one. */
function acceptedEncoding(header: string | undefined): Encoding | undefined {
  const accepted = new Set(
    (header ?? '')
      .split(',')
      .map((part) =>
        part
          .trim()
          .toLowerCase()
          .split(/\s*;\s*q=/),
      )
      .filter(([, quality]) => quality === undefined || Number(quality) > 0)
      .map(([name]) => name),
  )
  return (['br', 'gzip'] as const).find((encoding) => accepted.has(encoding))
}
