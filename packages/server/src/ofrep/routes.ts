import { LIMITS } from '@flaghoist/core'
import type { FastifyPluginAsync, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { z } from 'zod'
import { problem } from '../errors.ts'
import { requireKey } from '../http/auth.ts'
import { isKnown } from '../http/etag.ts'
import { handleNotFound } from '../http/not-found.ts'
import type { Parts } from '../services.ts'
import type { Address } from '../rulesets/rulesets.ts'
import { addressOf, ScopeQuery } from '../rulesets/target.ts'
import { cursorText } from '../streams/frames.ts'
import { handleOfrepError, ofrepProblem } from './errors.ts'
import { bulkEtag } from './etag.ts'
import { createEvaluators, type Evaluator } from './evaluator.ts'
import { createEventStreams, type EventStreams } from './event-streams.ts'
import { createFreshness, parseConfigEtag } from './freshness.ts'
import { contextOf, parseBody } from './request.ts'
import {
  BulkAnswers,
  EvaluationQuery,
  EvaluationRequest,
  FlagParams,
  SingleAnswers,
  StreamAnswers,
  StreamQuery,
} from './schemas.ts'

const tags = ['OFREP']
const JSON_TYPE = 'application/json; charset=utf-8'

/** The schemas describe; what a request says is judged by `request.ts`, in OFREP's own errors. */
const described: RouteShorthandOptions = {
  bodyLimit: LIMITS.contextBytes,
  validatorCompiler: () => () => true,
}

/** OFREP 0.3: remote evaluation for every OpenFeature SDK. `docs/ofrep.md` says how to use it. */
export const ofrepRoutes: FastifyPluginAsync<{ parts: Parts }> = async (app, { parts }) => {
  const streams = createEventStreams(parts, `${app.prefix}/stream`)
  app.addHook('preClose', async () => streams.close())
  app.setErrorHandler(handleOfrepError)
  handleNotFound(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_: FastifyRequest, body: string) =>
    parseBody(body),
  )
  await app.register(evaluationRoutes, { parts, streams })
  await app.register(streamRoute, { streams })
}

/** What a URL says; nothing has judged it yet. */
type Query = Readonly<Partial<Record<'scope' | 'instance' | 'flagConfigEtag' | 'token', unknown>>>

interface Asked {
  readonly address: Address
  readonly evaluator: Evaluator
  /** Whether the request comes from an event that told of another version than the current one. */
  readonly isTold: boolean
}

const evaluationRoutes: FastifyPluginAsync<{ parts: Parts; streams: EventStreams }> = async (
  app,
  { parts, streams },
) => {
  const { changes, keys, rulesets, now } = parts
  const evaluatorOf = createEvaluators(now)
  const freshness = createFreshness(changes)
  app.addHook('onClose', async () => freshness.close())
  app.addHook('onRequest', requireKey(keys, ['server', 'client']))

  const ask = async ({ query, principal }: FastifyRequest): Promise<Asked> => {
    const named = query as Query
    const address = addressOf(changes, principal, scopeOf(named))
    const wanted = parseConfigEtag(named.flagConfigEtag)
    await freshness.caughtUp(address.project, wanted)
    const published = rulesets.current(address)
    const isTold = wanted !== undefined && cursorText(wanted) !== cursorText(published.ruleset)
    return { address, evaluator: evaluatorOf(address, published), isTold }
  }

  app.post(
    '/evaluate/flags/:key',
    {
      ...described,
      schema: {
        operationId: 'evaluateFlag',
        summary: 'Evaluate one flag',
        description: 'OFREP for server-side OpenFeature SDKs.',
        tags,
        params: FlagParams,
        querystring: EvaluationQuery,
        body: EvaluationRequest,
        response: SingleAnswers,
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
        response: BulkAnswers,
      },
    },
    async (request, reply) => {
      const { address, evaluator, isTold } = await ask(request)
      const context = contextOf(request.body)
      const { published, readsClock } = evaluator
      const surroundings = streams.advertise({ address, keyId: request.principal.keyId })
      const early = readsClock ? evaluator.all(context) : undefined
      const etag = bulkEtag({ published, context, surroundings, answers: early })
      reply.header('etag', etag)
      // Whoever was told of another version has an old answer, whatever its ETag says.
      if (!isTold && isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()

      const flags = early ?? evaluator.all(context)
      const metadata = JSON.stringify({ flagSetId: address.scope })
      return reply
        .type(JSON_TYPE)
        .send(`{"flags":[${flags}],"eventStreams":${surroundings},"metadata":${metadata}}`)
    },
  )
}

const streamRoute: FastifyPluginAsync<{ streams: EventStreams }> = async (app, { streams }) => {
  app.get(
    '/stream',
    {
      ...described,
      exposeHeadRoute: false, // It would open a stream that nobody can read.
      schema: {
        operationId: 'streamRefetches',
        summary: 'When to evaluate again, as server-sent events',
        description: 'Its URL comes from `eventStreams` of a bulk evaluation, and soon runs out.',
        tags,
        security: [],
        querystring: StreamQuery,
        response: StreamAnswers,
      },
    },
    (request, reply) => {
      const { token } = request.query as Query
      if (typeof token !== 'string') throw ofrepProblem('STREAM_TOKEN_INVALID', {})
      return streams.open(request, reply, token)
    },
  )
}

/** @throws {FlaghoistError} `REQUEST_INVALID` for what names no scope at all */
function scopeOf({ scope, instance }: Query): z.infer<typeof ScopeQuery> {
  if (scope === undefined && instance === undefined) return {}
  const named = ScopeQuery.safeParse({ scope, instance })
  if (named.success) return named.data
  throw problem('REQUEST_INVALID', { problem: named.error.issues[0]?.message ?? 'no scope' })
}
