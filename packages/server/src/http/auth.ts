import type { ApiKey } from '@flaghoist/core/schema'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import type { ApiKeys } from '../keys/api-keys.ts'
import type { Principal } from './principal.ts'

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * A hook that lets only keys of some kinds through and sets `request.principal`.
 * It throws `KEY_MISSING`, `KEY_UNKNOWN`, `KEY_KIND_FORBIDDEN` or `KEY_IN_BROWSER`.
 */
export function requireKey(keys: ApiKeys, kinds: readonly ApiKey['kind'][]): Guard {
  return async (request) => {
    const principal = authenticate(request, keys)
    if (!kinds.includes(principal.kind))
      throw problem('KEY_KIND_FORBIDDEN', { kind: principal.kind, wanted: kinds.join(' or ') })
    const { origin } = request.headers
    // A browser sends its origin; whoever opened the page can read a server key from it.
    if (principal.kind === 'server' && origin !== undefined)
      throw problem('KEY_IN_BROWSER', { origin: origin.slice(0, 200) })
    request.principal = principal
  }
}

/** @throws {FlaghoistError} `PROJECT_NOT_FOUND`, as if it did not exist, for a key of another project */
export function requireProject({ principal }: FastifyRequest, project: string): void {
  if (principal.project !== '*' && principal.project !== project)
    throw problem('PROJECT_NOT_FOUND', { project })
}

function authenticate(request: FastifyRequest, keys: ApiKeys): Principal {
  const secret = secretOf(request)
  if (secret === undefined) throw problem('KEY_MISSING', {})
  const principal = keys.authenticate(secret)
  if (principal === undefined) throw problem('KEY_UNKNOWN', {})
  return principal
}

/** The API key of a request: a bearer token, or the header that OFREP providers may send instead. */
export function secretOf({ headers }: FastifyRequest): string | undefined {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const plain = headers['x-api-key']
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : undefined)
}
