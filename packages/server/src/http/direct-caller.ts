import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { principalOf, type RequireKeyOptions } from './auth.ts'
import type { Client } from './client-address.ts'
import type { RequestLimits } from './limits.ts'
import type { Principal } from './principal.ts'

/** The caller of a direct request. A class, because closures for each request take time. */
export class DirectCaller implements Client {
  readonly principal: Principal
  readonly headers: IncomingHttpHeaders
  readonly #socket: Socket
  readonly #limits: RequestLimits

  constructor(principal: Principal, { headers, socket }: IncomingMessage, limits: RequestLimits) {
    this.principal = principal
    this.headers = headers
    this.#socket = socket
    this.#limits = limits
  }

  /** A system call for each connection, which secret keys do not need. */
  get ip(): string {
    return this.#socket.remoteAddress ?? ''
  }

  /** Counts the request. Returns false beyond the limit of the caller, and counts nothing then. */
  isAdmitted(): boolean {
    return this.#limits.admits(this, this.principal)
  }
}

/**
 * Returns a function that identifies the caller of a request by the key of an SDK; undefined for
 * any other key, which the router refuses.
 */
export function directCaller({
  keys,
  limits,
}: RequireKeyOptions): (request: IncomingMessage) => DirectCaller | undefined {
  return (request) => {
    const principal = principalOf(request.headers, keys)
    if (principal?.kind !== 'server' && principal?.kind !== 'client') return undefined
    return new DirectCaller(principal, request, limits)
  }
}
