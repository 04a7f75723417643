import type { ApiKey } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireUnbound } from '../http/auth.ts'
import { commitAndReply } from '../http/commit-and-reply.ts'
import { problems } from '../http/problem.ts'
import { ReasonQuery } from '../http/reason.ts'
import { ProjectParams, RetryHeaders } from '../http/request-schemas.ts'
import type { Services } from '../services.ts'
import type { ApiKeys } from './api-keys.ts'
import { createOverride } from './override-plan.ts'
import {
  createKey,
  describeKey,
  findKey,
  requireFutureExpiry,
  requireReach,
  revokeKey,
} from './plan.ts'
import { CreatedKey, KeyInput, KeyParams, ShownKey } from './schemas.ts'
import { createKeyId, createSecret } from './secrets.ts'

const tags = ['API keys']

/** API keys. A key that is bound to a scope can manage none. */
export const keyRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services: { projects, keys, now } },
) => {
  app.addHook('preHandler', async ({ principal }) => requireUnbound(principal))

  app.get(
    '/:project/keys',
    {
      schema: {
        operationId: 'listKeys',
        summary: 'List API keys',
        tags,
        params: ProjectParams,
        response: {
          200: z
            .object({ items: z.array(ShownKey).meta({ description: 'API keys' }) })
            .describe('API keys, without their secrets'),
        },
      },
    },
    async ({ params }) => {
      const { state } = projects.get(params.project)
      return { items: [...state.apiKeys.values()].map((key) => shown(key, keys)) }
    },
  )

  app.post(
    '/:project/keys',
    {
      schema: {
        operationId: 'createKey',
        summary: 'Create an API key',
        description: 'The response shows the secret once.',
        tags,
        params: ProjectParams,
        querystring: ReasonQuery,
        headers: RetryHeaders,
        body: KeyInput,
        response: { 201: CreatedKey, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request
      const secret = createSecret(body.kind)
      const at = now()
      const key = describeKey(body, params.project, { ...secret, id: createKeyId(), now: at })
      requireReach(principal, key, params.project)
      requireFutureExpiry(key, at)
      const write =
        key.kind === 'override'
          ? createOverride(params.project, key, at)
          : createKey(params.project, key)
      return commitAndReply(projects, { request, reply }, write, {
        status: 201,
        body: () => ({ ...shown(key, keys), secret: secret.secret }),
        replayBody: () => ({
          ...shown(key, keys),
          note: 'Only the first response shows the secret.',
        }),
      })
    },
  )

  app.delete(
    '/:project/keys/:key',
    {
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke an API key',
        description: 'Takes effect at once: open streams of the key are closed.',
        tags,
        params: KeyParams,
        querystring: ReasonQuery,
        headers: RetryHeaders,
        response: {
          200: ShownKey.describe('Key revoked'),
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const { params, principal } = request
      const write = revokeKey(params, new Date(now()).toISOString(), principal)
      return commitAndReply(projects, { request, reply }, write, {
        body: ({ state }) => shown(findKey(state, params.key), keys),
      })
    },
  )
}

function shown({ hash: _, ...key }: ApiKey, keys: ApiKeys): z.infer<typeof ShownKey> {
  const at = keys.lastUsedAt(key.id)
  return { ...key, ...(at === undefined ? {} : { lastUsedAt: new Date(at).toISOString() }) }
}
