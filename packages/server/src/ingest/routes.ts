import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { requireKey } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { problems } from '../http/problem.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { ScopeQuery } from '../rulesets/target.ts'
import type { SdkServices } from '../services.ts'
import type { RelayedSdks } from '../streams/relayed-sdks.ts'
import type { IngestResult } from './create-ingest.ts'
import { acceptGzippedJson } from './gzip-json.ts'
import { limitReports } from './limit-reports.ts'
import { mayCountSdks, RelayHeaders } from './relay-vouchers.ts'
import { EventsRequest, EventsResponse } from './schemas.ts'

/** The result of a report without a batch. */
const NOTHING: IngestResult = { accepted: 0, dropped: 0 }

/** `POST /sdk/v1/events`: the reports of SDKs. */
export const ingestRoutes: FastifyPluginAsyncZod<{ services: SdkServices }> = async (
  app,
  { services },
) => {
  const { targets, propagation, rulesets, limits, addressOf, intake } = services
  /** Keeps the versions that are in the log. */
  const confirmAll = async (target: RulesetTarget, epoch: string, relayed: RelayedSdks) => {
    const confirmed = await Promise.all(
      relayed.held.map(({ version, hash }) => targets.confirm(target, { epoch, version, hash })),
    )
    return { ...relayed, held: relayed.held.filter((_, i) => confirmed[i] !== undefined) }
  }
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
      const { principal, query, headers } = request
      const { sdk, held, relayed, sentAt, batch } = request.body
      const target = await targets.find(principal, query)
      const confirmed = await targets.confirm(target, held)
      if (confirmed !== undefined) propagation.held({ ...sdk, ...target }, confirmed, held?.ageMs)
      const isRelay = held && relayed && mayCountSdks(services, principal, { target, headers })
      if (isRelay)
        propagation.relayed({ ...sdk, ...target }, await confirmAll(target, held.epoch, relayed))
      await rulesets.prepare(target)
      const { ruleset } = rulesets.current(target)
      const report = { sdk, sentAt, target, address: addressOf(request), ruleset }
      const result =
        batch === undefined ? NOTHING : await intake.add(principal, { ...report, batch })
      const samples = intake.samplesOf(target, ruleset)
      return reply.code(202).send({ ...result, samples })
    },
  )
}
