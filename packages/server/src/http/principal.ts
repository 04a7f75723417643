import type { ApiKey } from '@flaghoist/core/schema'

/** The caller of a request, identified by its API key. */
export interface Principal {
  readonly keyId: string
  readonly name: string
  readonly kind: ApiKey['kind']
  /** Project that the key is bound to; `*` for every project. */
  readonly project: string
  /** Scope that the key is bound to; undefined for the whole project. */
  readonly scope: string | undefined
  /** Id of the session that sent the request; undefined for a request with the key itself. */
  readonly session?: string | undefined
  /** Name that the person gave when the session began. */
  readonly person?: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireKey` or `requireAdmin` on every route that needs a key or a session. */
    principal: Principal
  }
}
