import type { IncomingHttpHeaders } from 'node:http'
import type { FlaghoistError } from '@flaghoist/core'
import type { ApiKey } from '@flaghoist/core/schema'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import type { RequestLimits } from './limits.ts'
import type { Principal } from './principal.ts'
import { requireCsrfToken, sessionTokenOf } from './session-cookie.ts'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** The registry of API keys, as far as authentication needs it. */
export interface Authenticator {
  /**
   * The principal of a secret; undefined for an unknown, expired or revoked key.
   * @throws {FlaghoistError} `INSTANCE_RETIRED`
   */
  authenticate(secret: string): Principal | undefined
  /** Returns the problem of a secret that has no principal. */
  refusalOf(secret: string): FlaghoistError
}

/** The keys that SDKs present. */
export interface SdkKeys extends Authenticator {
  /** Checks that a key exists, is neither expired nor revoked, and that its instance serves. */
  isLive(keyId: string): boolean
  /**
   * Calls the listener with the id of each key that was revoked. Returns a function that
   * unsubscribes.
   */
  onRevoked(listener: (keyId: string) => void): () => void
}

/** The sessions of people who signed in with an admin key. */
export interface SessionAuthenticator {
  /**
   * The principal of a session; undefined if the session or its key has ended.
   * @throws {FlaghoistError} `INSTANCE_RETIRED`, or the error of the store
   */
  authenticate(token: string): Promise<Principal | undefined>
}

export interface RequireKeyOptions {
  readonly keys: Authenticator
  readonly limits: RequestLimits
}

/**
 * A hook that admits keys of some kinds, counts the request, and sets `request.principal`. The hook
 * throws `KEY_MISSING`, `KEY_UNKNOWN`, `KEY_KIND_FORBIDDEN`, `KEY_IN_BROWSER` or `RATE_LIMITED`.
 */
export function requireKey(
  { keys, limits }: RequireKeyOptions,
  kinds: readonly ApiKey['kind'][],
): Guard {
  return async (request, reply) => {
    const principal = principalOf(request.headers, keys)
    admitRequest(limits, { request, reply }, principal)
    if (principal === undefined) throw refusalOf(request.headers, keys)
    if (!kinds.includes(principal.kind))
      throw problem('KEY_KIND_FORBIDDEN', { kind: principal.kind, wanted: kinds.join(' or ') })
    const { origin } = request.headers
    // Only browsers send an origin, and every visitor of the page can read its server key.
    if (principal.kind === 'server' && origin !== undefined)
      throw problem('KEY_IN_BROWSER', { origin: origin.slice(0, 200) })
  }
}

/**
 * A hook that admits admin keys, as {@link requireKey} does, and the sessions of people who signed
 * in with one. A session also throws `SESSION_ENDED`, or `CSRF_TOKEN_REQUIRED` for a write.
 */
export function requireAdmin(
  options: RequireKeyOptions & { readonly sessions: SessionAuthenticator },
): Guard {
  const admitKey = requireKey(options, ['admin'])
  return async (request, reply) => {
    const token = secretOf(request.headers) ? undefined : sessionTokenOf(request.headers)
    if (token === undefined) return admitKey(request, reply)
    const principal = await options.sessions.authenticate(token)
    admitRequest(options.limits, { request, reply }, principal)
    if (principal === undefined) throw problem('SESSION_ENDED', {})
    requireCsrfToken(request, token)
  }
}

/**
 * Sets the principal of a request, and counts the request for its limit.
 * @throws {FlaghoistError} `RATE_LIMITED`
 */
function admitRequest(
  limits: RequestLimits,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  principal: Principal | undefined,
): void {
  if (principal !== undefined) request.principal = principal
  if (principal === undefined || request.routeOptions.config.rateLimit !== false)
    limits.require(request, reply)
}

/**
 * @throws {FlaghoistError} `PROJECT_NOT_FOUND`, as for a missing project, if the key belongs to
 * another one
 */
export function requireProject({ principal }: FastifyRequest, project: string): void {
  if (principal.project !== '*' && principal.project !== project)
    throw problem('PROJECT_NOT_FOUND', { project })
}

/** @throws {FlaghoistError} `PROJECT_KEY_REQUIRED` if the key is bound to a scope */
export function requireUnbound({ name, scope }: Principal): void {
  if (scope !== undefined)
    throw problem('PROJECT_KEY_REQUIRED', { key: name, scope, wanted: 'the whole project' })
}

/** @throws {FlaghoistError} `PROJECT_KEY_REQUIRED` unless the key is one of every project */
export function requireAllProjects({ name, project, scope }: Principal): void {
  if (project !== '*' || scope !== undefined)
    throw problem('PROJECT_KEY_REQUIRED', {
      key: name,
      scope: scope ?? `project ${project}`,
      wanted: 'every project',
    })
}

/**
 * The principal of a request; undefined without a valid key.
 * @throws {FlaghoistError} `INSTANCE_RETIRED`
 */
export function principalOf(
  headers: IncomingHttpHeaders,
  keys: Authenticator,
): Principal | undefined {
  const secret = secretOf(headers)
  return secret === undefined ? undefined : keys.authenticate(secret)
}

function refusalOf(headers: IncomingHttpHeaders, keys: Authenticator): FlaghoistError {
  const secret = secretOf(headers)
  return secret === undefined ? problem('KEY_MISSING', {}) : keys.refusalOf(secret)
}

/** The secret of a request: a bearer token, or the `X-API-Key` header of OFREP providers. */
function secretOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const plain = headers['x-api-key']
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : undefined)
}
