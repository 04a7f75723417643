import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { problem } from '../errors.ts'
import { requireAdmin } from '../http/auth.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { acceptJsonOnly, refuseUnreadBody } from '../http/json-body.ts'
import type { Principal } from '../http/principal.ts'
import { problems } from '../http/problem.ts'
import { cookiePlaceOf, sessionCookie, sessionTokenOf } from '../http/session-cookie.ts'
import type { Services } from '../services.ts'
import { Identity, SessionParams, ShownSession, SignedOut } from './schemas.ts'
import { type CurrentSession, shownIdentity, shownSession } from './shown-session.ts'

const tags = ['Sessions']

/** `/api/v1/session` and `/api/v1/sessions`: the identity of the caller, and the open sessions. */
export const sessionRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  const { sessions, log, config } = services
  acceptJsonOnly(app)
  declareCommonFailures(app)
  app.addHook('onRequest', requireAdmin(services))
  app.addHook('preHandler', refuseUnreadBody)

  app.get(
    '/session',
    {
      schema: {
        operationId: 'getSession',
        summary: 'Get the identity of the caller',
        description:
          'Returns the API key of the request and the projects that it may see. For a session, also the session and its CSRF token.',
        tags,
        response: { 200: Identity.describe('Identity of the caller') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return shownIdentity(services, request.principal, await currentSession(services, request))
    },
  )

  app.delete(
    '/session',
    {
      schema: {
        operationId: 'deleteSession',
        summary: 'End the session of the caller',
        description: 'Ends the session of the request, with its streams, and removes its cookie.',
        tags,
        response: { 200: SignedOut.describe('Signed out'), ...problems(400) },
      },
    },
    async (request, reply) => {
      const { session } = request.principal
      if (session === undefined) return { signedOut: false }
      await sessions.end(session)
      log.info({ key: request.principal.keyId, session }, 'Session ended')
      reply.header('set-cookie', sessionCookie('', 0, cookiePlaceOf(request, config.publicUrl)))
      return { signedOut: true }
    },
  )

  app.get(
    '/sessions',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'List sessions',
        description:
          'Lists the open sessions of the keys that the caller may manage, oldest first. A key that is bound to a scope sees its own sessions only.',
        tags,
        response: {
          200: z
            .object({ items: z.array(ShownSession).meta({ description: 'Open sessions' }) })
            .describe('Open sessions'),
        },
      },
    },
    async ({ principal }) => {
      const items = (await sessions.list()).flatMap((session) => {
        const owner = ownerOf(services, session.keyId, principal)
        return owner === undefined ? [] : shownSession(session, owner, principal.session)
      })
      return { items }
    },
  )

  app.delete(
    '/sessions/:session',
    {
      schema: {
        operationId: 'endSession',
        summary: 'End a session',
        description: 'Ends a session at once on every server. Its streams end within seconds.',
        tags,
        params: SessionParams,
        response: { 200: ShownSession.describe('Session ended') },
      },
    },
    async ({ params, principal }) => {
      const session = await sessions.find(params.session)
      const owner = session && ownerOf(services, session.keyId, principal)
      if (session === undefined || owner === undefined)
        throw problem('ENTITY_NOT_FOUND', { kind: 'session', key: params.session })
      await sessions.end(session.id)
      log.info({ key: owner.keyId, session: session.id, by: principal.keyId }, 'Session ended')
      return shownSession(session, owner, principal.session)
    },
  )
}

/** The session of a request; undefined for a request with an API key. */
async function currentSession(
  { sessions }: Services,
  { principal, headers }: FastifyRequest,
): Promise<CurrentSession | undefined> {
  const session = principal.session && (await sessions.find(principal.session))
  return session ? { session, token: sessionTokenOf(headers)! } : undefined
}

/** Returns the key of a session if the caller may manage it: its own, or one of its projects. */
function ownerOf({ keys }: Services, keyId: string, caller: Principal): Principal | undefined {
  const owner = keys.find(keyId)
  if (owner === undefined || keyId === caller.keyId) return owner
  const isManaged = caller.project === '*' || caller.project === owner.project
  return isManaged && caller.scope === undefined ? owner : undefined
}
