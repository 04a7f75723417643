import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import { isCountedAlready } from './begun-requests.ts'
import type { Client, ClientAddress } from './client-address.ts'
import { createMinuteCounts } from './minute-counts.ts'
import type { Principal } from './principal.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false` exempts the requests of valid keys from the limits. */
    rateLimit?: boolean
  }
}

/**
 * The limits of requests per minute. Server and admin keys are limited by key. A client key is
 * public, so it is limited by key and address: a stranger cannot use it up for others. Requests
 * without a valid key are limited by address.
 *
 * They protect the process that serves the requests, so every server counts its own.
 */
export interface RequestLimits {
  /** Counts a request, by its principal if it has one. Returns false beyond the limit. */
  admits(client: Client, principal: Principal | undefined): boolean
  /**
   * Counts a request, by its principal if it has one and unless a direct route has counted it.
   * @throws {FlaghoistError} `RATE_LIMITED`, with `Retry-After`
   */
  require(request: FastifyRequest, reply: FastifyReply): void
}

export interface RequestLimitsOptions {
  /** Requests per minute of a key or an address; 0 disables the limits. */
  readonly limit: number
  readonly addressOf: ClientAddress
  /** Monotonic clock, ms. */
  readonly elapsed: () => number
}

export function createRequestLimits({
  limit,
  addressOf,
  elapsed,
}: RequestLimitsOptions): RequestLimits {
  if (limit === 0) return { admits: () => true, require: () => undefined }
  const counts = createMinuteCounts(() => limit, elapsed)
  const admits: RequestLimits['admits'] = (client, principal) => {
    const address = principal?.kind === 'client' || !principal ? addressOf(client) : undefined
    return counts.admit({ key: principal?.keyId, address })
  }
  return {
    admits,
    require(request, reply) {
      if (isCountedAlready()) return
      if (admits(request, (request as { principal?: Principal }).principal)) return
      const seconds = Math.ceil(counts.msLeft() / 1_000)
      reply.header('retry-after', seconds)
      throw problem('RATE_LIMITED', { limit, seconds })
    },
  }
}
