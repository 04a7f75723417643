import { randomBytes } from 'node:crypto'
import { murmur3 } from '@flaghoist/core/internal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../errors.ts'
import { MINUTE_MS } from '../time.ts'
import type { ClientAddress } from './client-address.ts'
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
 * Per process today: every process counts the requests that it received itself.
 */
export interface RequestLimits {
  /**
   * Counts a request, by its principal if it has one.
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
  if (limit === 0) return { require: () => undefined }
  const counts = createMinuteCounts(limit, elapsed)
  return {
    require(request, reply) {
      const { principal } = request as { principal?: Principal }
      const address = principal?.kind === 'client' || !principal ? addressOf(request) : undefined
      if (counts.admit(principal?.keyId, address)) return
      const seconds = Math.ceil(counts.msLeft() / 1_000)
      reply.header('retry-after', seconds)
      throw problem('RATE_LIMITED', { limit, seconds })
    },
  }
}

/** Requests of all addresses together that a client key may send, as a multiple of one's. */
const CLIENT_KEY_FACTOR = 20
/**
 * Counters of addresses. Two addresses may share one. A flood from any number of addresses fills no
 * memory, and exhausts only as many counters as it has requests for whole limits.
 */
const COUNTERS = 2 ** 17

export interface MinuteCounts {
  /**
   * Counts a request of a key, an address, or a key from an address. Returns false beyond a limit;
   * a refused request counts nowhere else, so that it uses up nothing of others.
   */
  admit(keyId: string | undefined, address: string | undefined): boolean
  /** Time until the next minute starts, ms. */
  msLeft(): number
}

/** The counts of the current minute. They take a fixed amount of memory besides one per key. */
export function createMinuteCounts(limit: number, elapsed: () => number): MinuteCounts {
  const byAddress = new Uint32Array(COUNTERS)
  const byKey = new Map<string, number>()
  // Drawn per process, so that no client can choose addresses that share a counter.
  const seed = randomBytes(4).readInt32LE()
  let endsAt = elapsed() + MINUTE_MS

  const startAnew = () => {
    if (elapsed() < endsAt) return
    byAddress.fill(0)
    byKey.clear()
    endsAt = elapsed() + MINUTE_MS
  }
  const admitAddress = (name: string) => {
    const counter = murmur3(name, seed) % COUNTERS
    byAddress[counter]! += 1
    return byAddress[counter]! <= limit
  }
  const admitKey = (keyId: string, max: number) => {
    const count = (byKey.get(keyId) ?? 0) + 1
    if (count <= max) byKey.set(keyId, count)
    return count <= max
  }
  return {
    admit(keyId, address) {
      startAnew()
      if (address !== undefined && !admitAddress(`${keyId ?? ''} ${address}`)) return false
      if (keyId === undefined) return true
      return admitKey(keyId, address === undefined ? limit : limit * CLIENT_KEY_FACTOR)
    },
    msLeft: () => Math.max(0, endsAt - elapsed()),
  }
}
