import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsync, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { z } from 'zod'
import { requireKey } from '../http/auth.ts'
import { JSON_TYPE } from '../http/json-type.ts'
import { cursorText } from '../rulesets/cursor.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import { ScopeQuery } from '../rulesets/target.ts'
import type { SdkServices } from '../services.ts'
import { invalidRequest } from '../validation/invalid.ts'
import { readValue } from '../validation/read-value.ts'
import { handleOfrepError, ofrepProblem } from './errors.ts'
import type { EventStreams } from './event-streams.ts'
import type { RemoteEvaluation } from './remote-evaluation.ts'
import { parseBody, parseConfigEtag } from './request.ts'
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

/** Disables schema validation: `request.ts` validates, so that failures have OFREP's format. */
const described: RouteShorthandOptions = {
  bodyLimit: LIMITS.contextBytes,
  validatorCompiler: () => () => true,
}

interface OfrepOptions {
  readonly services: SdkServices
  readonly evaluation: RemoteEvaluation
}

/** OFREP 0.3: remote evaluation for every OpenFeature SDK. See `docs/ofrep.md`. */
export const ofrepRoutes: FastifyPluginAsync<OfrepOptions> = async (
  app,
  { services, evaluation },
) => {
  const { streams } = evaluation
  app.addHook('preClose', async () => streams.close())
  app.setErrorHandler(handleOfrepError)
  // Unknown paths get the error handler of this plugin. The hook of the server refuses them.
  app.setNotFoundHandler(() => {})
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string) =>
    parseBody(body),
  )
  await app.register(evaluationRoutes, { services, evaluation })
  await app.register(refetchStreamRoute, { services, streams })
}

/** The query of a URL before validation. */
type Query = Readonly<Partial<Record<'scope' | 'instance' | 'flagConfigEtag' | 'token', unknown>>>

interface EvaluationTask {
  readonly target: RulesetTarget
  /** True if a stream event announced another version than the current one to the client. */
  readonly wasAnnounced: boolean
}

const evaluationRoutes: FastifyPluginAsync<OfrepOptions> = async (
  app,
  { services, evaluation },
) => {
  const { targets, rulesets } = services
  app.addHook('onRequest', requireKey(services, ['server', 'client']))

  const ask = async ({ query, principal }: FastifyRequest): Promise<EvaluationTask> => {
    const named = query as Query
    const target = await targets.find(principal, scopeQueryOf(named))
    const wanted = parseConfigEtag(named.flagConfigEtag)
    await targets.confirm(target, wanted)
    await rulesets.prepare(target)
    const { ruleset } = rulesets.current(target)
    const wasAnnounced = wanted !== undefined && cursorText(wanted) !== cursorText(ruleset)
    return { target, wasAnnounced }
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
      const { target } = await ask(request)
      const { key } = request.params as { key: string }
      return reply.type(JSON_TYPE).send(evaluation.one(target, key, request.body))
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
      const { target, wasAnnounced } = await ask(request)
      const { body, principal, headers } = request
      // The client holds evaluations of another version, whatever its ETag says.
      const held = wasAnnounced ? undefined : headers['if-none-match']
      const { etag, body: flags } = evaluation.all({ target, keyId: principal.keyId, body, held })
      reply.header('etag', etag)
      if (flags === undefined) return reply.code(304).send()
      return reply.type(JSON_TYPE).send(flags.text)
    },
  )
}

const refetchStreamRoute: FastifyPluginAsync<{
  services: SdkServices
  streams: EventStreams
}> = async (app, { services: { limits }, streams }) => {
  app.addHook('onRequest', async (request, reply) => limits.require(request, reply))
  app.get(
    '/stream',
    {
      ...described,
      exposeHeadRoute: false, // A HEAD request would open a stream without a reader.
      config: { isStream: true },
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
