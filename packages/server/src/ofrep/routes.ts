import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsync, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { z } from 'zod'
import { requireKey } from '../http/auth.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { confirmCursor, cursorText } from '../rulesets/cursor.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { ScopeQuery, targetOf } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { invalidRequest } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'
import { bulkEtag } from './bulk-etag.ts'
import { handleOfrepError, ofrepProblem } from './errors.ts'
import { createEvaluators, type Evaluator } from './evaluator.ts'
import { createEventStreams, type EventStreams } from './event-streams.ts'
import { contextOf, parseBody, parseConfigEtag } from './request.ts'
import {
  BulkResponses,
  EvaluationParams,
  EvaluationQuery,
  EvaluationRequest,
  SingleResponses,
  StreamQuery,
  StreamResponses,
} from './schemas.ts'

const tags = ['OFREP']
const JSON_TYPE = 'application/json; charset=utf-8'

/** Disables schema validation: `request.ts` validates, so that failures have OFREP's format. */
const described: RouteShorthandOptions = {
  bodyLimit: LIMITS.contextBytes,
  validatorCompiler: () => () => true,
}

/** OFREP 0.3: remote evaluation for every OpenFeature SDK. See `docs/ofrep.md`. */
export const ofrepRoutes: FastifyPluginAsync<{ services: Services }> = async (
  app,
  { services },
) => {
  const streams = createEventStreams(services, `${app.prefix}/stream`)
  app.addHook('preClose', async () => streams.close())
  app.setErrorHandler(handleOfrepError)
  // Unknown paths get the error handler of this plugin. The hook of the server refuses them.
  app.setNotFoundHandler(() => {})
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string) =>
    parseBody(body),
  )
  await app.register(evaluationRoutes, { services, streams })
  await app.register(refetchStreamRoute, { services, streams })
}

/** The query of a URL before validation. */
type Query = Readonly<Partial<Record<'scope' | 'instance' | 'flagConfigEtag' | 'token', unknown>>>

interface EvaluationTask {
  readonly target: RulesetTarget
  readonly evaluator: Evaluator
  /** True if a stream event announced another version than the current one to the client. */
  readonly wasAnnounced: boolean
}

const evaluationRoutes: FastifyPluginAsync<{ services: Services; streams: EventStreams }> = async (
  app,
  { services, streams },
) => {
  const { projects, rulesets, now } = services
  const evaluatorOf = createEvaluators(now)
  app.addHook('onRequest', requireKey(services, ['server', 'client']))

  const ask = async ({ query, principal }: FastifyRequest): Promise<EvaluationTask> => {
    const named = query as Query
    const target = targetOf(projects, principal, scopeQueryOf(named))
    const wanted = parseConfigEtag(named.flagConfigEtag)
    await confirmCursor(projects, target.project, wanted)
    const published = rulesets.current(target)
    const wasAnnounced =
      wanted !== undefined && cursorText(wanted) !== cursorText(published.ruleset)
    return { target, evaluator: evaluatorOf(target, published), wasAnnounced }
  }

  app.post(
    '/evaluate/flags/:key',
    {
      ...described,
      schema: {
        operationId: 'evaluateFlag',
        summary: 'Evaluate a flag',
        description: 'OFREP for server-side OpenFeature SDKs.',
        tags,
        params: EvaluationParams,
        querystring: EvaluationQuery,
        body: EvaluationRequest,
        response: SingleResponses,
      },
    },
    async (request, reply) => {
      const { evaluator } = await ask(request)
      const { key } = request.params as { key: string }
      return reply.type(JSON_TYPE).send(evaluator.one(key, contextOf(request.body)))
    },
  )

  app.post(
    '/evaluate/flags',
    {
      ...described,
      schema: {
        operationId: 'evaluateFlags',
        summary: 'Evaluate all flags',
        description:
          'OFREP for client-side OpenFeature SDKs. The ETag covers the ruleset and the context.',
        tags,
        querystring: EvaluationQuery,
        body: EvaluationRequest,
        response: BulkResponses,
      },
    },
    async (request, reply) => {
      const { target, evaluator, wasAnnounced } = await ask(request)
      const context = contextOf(request.body)
      const { published, readsClock } = evaluator
      const surroundings = streams.advertise({ target, keyId: request.principal.keyId })
      const early = readsClock ? evaluator.all(context) : undefined
      const etag = bulkEtag({ published, context, surroundings, answers: early })
      reply.header('etag', etag)
      // The client holds evaluations of another version, whatever its ETag says.
      if (!wasAnnounced && matchesEtag(request.headers['if-none-match'], etag))
        return reply.code(304).send()

      const flags = early ?? evaluator.all(context)
      const metadata = JSON.stringify({ flagSetId: target.scope })
      return reply
        .type(JSON_TYPE)
        .send(`{"flags":[${flags}],"eventStreams":${surroundings},"metadata":${metadata}}`)
    },
  )
}

const refetchStreamRoute: FastifyPluginAsync<{
  services: Services
  streams: EventStreams
}> = async (app, { services: { limits }, streams }) => {
  app.addHook('onRequest', async (request, reply) => limits.require(request, reply))
  app.get(
    '/stream',
    {
      ...described,
      exposeHeadRoute: false, // A HEAD request would open a stream without a reader.
      schema: {
        operationId: 'streamRefetches',
        summary: 'Stream refetch events',
        description:
          'Server-sent events that announce when to evaluate again. The URL comes from `eventStreams` of a bulk evaluation, and expires.',
        tags,
        security: [],
        querystring: StreamQuery,
        response: StreamResponses,
      },
    },
    (request, reply) => {
      const { token } = request.query as Query
      if (typeof token !== 'string') throw ofrepProblem('STREAM_TOKEN_INVALID', {})
      return streams.open(request, reply, token)
    },
  )
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for an invalid scope */
function scopeQueryOf({ scope, instance }: Query): z.infer<typeof ScopeQuery> {
  if (scope === undefined && instance === undefined) return {}
  const { value, issues } = readValue(ScopeQuery, { scope, instance })
  if (issues === undefined) return value
  throw invalidRequest(issues.map(({ path, message }) => ({ path: `query.${path}`, message })))
}
