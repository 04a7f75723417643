import type { ProjectState } from '@flaghoist/core/model'
import { ApiKey, Instant, Name, Scope, strict } from '@flaghoist/core/schema'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import type { Parts } from '../services.ts'
import { makeKeyId, makeSecret } from './api-keys.ts'
import type { Principal } from '../http/principal.ts'
import { problems } from '../http/problem.ts'
import { ProjectParams, RetryHeaders } from '../http/common.ts'
import { write } from '../http/write.ts'

const tags = ['API keys']
const KeyParams = ProjectParams.extend({ key: z.string() })

const ShownKey = ApiKey.omit({ hash: true })
  .extend({ lastUsedAt: Instant.optional() })
  .meta({ id: 'ShownApiKey' })

const MadeKey = ShownKey.extend({
  secret: z
    .string()
    .optional()
    .meta({ description: 'Shown this once; what is stored is its hash' }),
  note: z.string().optional(),
}).describe('The key with its secret')

const KeyInput = strict({
  name: Name,
  kind: ApiKey.shape.kind,
  scope: Scope.optional().meta({
    description: 'Environment or instance; left out: the whole project',
  }),
  expiresAt: Instant.optional(),
  allProjects: z.boolean().optional().meta({ description: 'An admin key for every project' }),
}).meta({ id: 'ApiKeyRequest' })

type KeyInput = z.infer<typeof KeyInput>

/** Credentials. A key that is bound to a scope manages none. */
export const keyRoutes: FastifyPluginAsyncZod<{ parts: Parts }> = async (app, { parts }) => {
  app.addHook('preHandler', async ({ principal }) => {
    if (principal.scope === undefined) return
    const { name: key, scope } = principal
    throw problem('PROJECT_KEY_REQUIRED', { key, scope, wanted: 'the whole project' })
  })
  const show = ({ hash: _, ...key }: ApiKey) => {
    const at = parts.keys.lastUsedAt(key.id)
    return { ...key, ...(at === undefined ? {} : { lastUsedAt: new Date(at).toISOString() }) }
  }

  app.get(
    '/:project/keys',
    {
      schema: {
        operationId: 'listKeys',
        summary: 'List API keys',
        tags,
        params: ProjectParams,
        response: {
          200: z.object({ items: z.array(ShownKey) }).describe('Keys, without their secrets'),
          ...problems(401, 403, 404),
        },
      },
    },
    async ({ params }) => {
      const { state } = parts.changes.project(params.project)
      return { items: [...state.apiKeys.values()].map(show) }
    },
  )

  app.post(
    '/:project/keys',
    {
      schema: {
        operationId: 'createKey',
        summary: 'Create an API key',
        description: '`server` for backends, `client` for browsers and apps, `admin` for this API.',
        tags,
        params: ProjectParams,
        headers: RetryHeaders,
        body: KeyInput,
        response: { 201: MadeKey, ...problems(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { project } = request.params
      const { secret, ...made } = makeKey(request.body, project, parts.now())
      requireEveryProject(request.principal, made.project, project)
      const { expiresAt } = request.body
      if (expiresAt !== undefined && Date.parse(expiresAt) <= parts.now())
        throw problem('REQUEST_INVALID', { problem: `expiresAt is over: ${expiresAt}.` })
      return write(parts, request, reply, {
        project,
        action: 'apiKey.create',
        status: 201,
        plan: () => [{ kind: 'apiKey', key: made.id, after: made }],
        answer: () => ({ ...show(made), secret }),
        replay: () => ({ ...show(made), note: 'The secret was shown in the first answer only.' }),
      })
    },
  )

  app.delete(
    '/:project/keys/:key',
    {
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke an API key',
        description: 'At once: its streams are cut as well.',
        tags,
        params: KeyParams,
        headers: RetryHeaders,
        response: {
          200: ShownKey.describe('The revoked key'),
          ...problems(400, 401, 403, 404, 409),
        },
      },
    },
    async (request, reply) => {
      const { project, key } = request.params
      const revokedAt = new Date(parts.now()).toISOString()
      return write(parts, request, reply, {
        project,
        action: 'apiKey.revoke',
        plan(state) {
          const known = findKey(state, key)
          requireEveryProject(request.principal, known.project, project)
          return [
            { kind: 'apiKey', key, after: { ...known, revokedAt: known.revokedAt ?? revokedAt } },
          ]
        },
        answer: ({ state }) => show(findKey(state, key)),
      })
    },
  )
}

/** A key of one project neither makes nor revokes one of all. @throws {FlaghoistError} `PROJECT_KEY_REQUIRED` */
function requireEveryProject(
  { name, project: own }: Principal,
  reach: string,
  project: string,
): void {
  if (reach !== '*' || own === '*') return
  throw problem('PROJECT_KEY_REQUIRED', {
    key: name,
    scope: `project ${project}`,
    wanted: 'every project',
  })
}

function makeKey(
  { name, kind, scope, expiresAt, allProjects }: KeyInput,
  project: string,
  now: number,
) {
  if (allProjects && (kind !== 'admin' || scope !== undefined))
    throw problem('REQUEST_INVALID', {
      problem: 'Only an admin key without a scope can be for all projects.',
    })
  return {
    ...makeSecret(kind),
    id: makeKeyId(),
    name,
    kind,
    project: allProjects ? '*' : project,
    ...(scope === undefined ? {} : { scope }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    createdAt: new Date(now).toISOString(),
  }
}

function findKey(state: ProjectState, id: string): ApiKey {
  const key = state.apiKeys.get(id)
  if (key === undefined) throw problem('ENTITY_NOT_FOUND', { kind: 'API key', key: id })
  return key
}
