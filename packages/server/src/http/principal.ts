import type { ApiKey } from '@flaghoist/core/schema'

/** Whoever made a request, known by its API key. */
export interface Principal {
  readonly keyId: string
  readonly name: string
  readonly kind: ApiKey['kind']
  /** Project the key is bound to; `*` is every project. */
  readonly project: string
  /** Scope the key is bound to; undefined is the whole project. */
  readonly scope: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that asks for a key: the routes' plugin has authenticated it. */
    principal: Principal
  }
}
