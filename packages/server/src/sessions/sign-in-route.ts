import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { problem } from '../errors.ts'
import { declareCommonFailures } from '../http/common-failures.ts'
import { acceptJsonOnly } from '../http/json-body.ts'
import type { Principal } from '../http/principal.ts'
import { cookiePlaceOf, sessionCookie } from '../http/session-cookie.ts'
import type { Services } from '../services.ts'
import { Identity, SignIn } from './schemas.ts'
import { MAX_LIFE_MS } from './sessions.ts'
import { shownIdentity } from './shown-session.ts'

/** `POST /api/v1/session`. Like a request without a key, it is limited by address. */
export const signInRoute: FastifyPluginAsyncZod<{ services: Services }> = async (
  app,
  { services },
) => {
  acceptJsonOnly(app)
  declareCommonFailures(app)
  app.post(
    '/session',
    {
      onRequest: async (request, reply) => services.limits.require(request, reply),
      schema: {
        operationId: 'createSession',
        summary: 'Start a session',
        description:
          'Opens a session of an admin key for a page in a browser. A cookie holds it, which scripts cannot read. The session has the rights of its key. It ends with the key, after 12 hours, or after an hour without use. Writes of a session need the header `flaghoist-csrf`.',
        tags: ['Sessions'],
        security: [],
        body: SignIn,
        response: { 201: Identity.describe('Session opened, with its cookie') },
      },
    },
    async (request, reply) => {
      const { key, person } = request.body
      const principal = requireAdminKey(services, key)
      const opened = await services.sessions.open(principal, person)
      services.log.info({ key: principal.keyId, session: opened.session.id }, 'Session opened')
      const place = cookiePlaceOf(request, services.config.publicUrl)
      return reply
        .code(201)
        .header('set-cookie', sessionCookie(opened.token, MAX_LIFE_MS, place))
        .header('cache-control', 'no-store')
        .send(shownIdentity(services, principal, opened))
    },
  )
}

/** @throws {FlaghoistError} for an invalid key, as for a request with it */
function requireAdminKey({ keys }: Services, secret: string): Principal {
  const principal = keys.authenticate(secret)
  if (principal === undefined) throw keys.refusalOf(secret)
  const { kind } = principal
  if (kind !== 'admin') throw problem('KEY_KIND_FORBIDDEN', { kind, wanted: 'admin' })
  return principal
}
