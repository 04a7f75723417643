import type { IncomingMessage } from 'node:http'
import { principalOf, type RequireKeyOptions } from './auth.ts'
import type { Principal } from './principal.ts'

/** The caller of a direct request. */
export interface DirectCaller {
  readonly principal: Principal
  /** Counts the request. Returns false beyond the limit of the caller, and counts nothing then. */
  isAdmitted(): boolean
}

/**
 * Returns a function that identifies the caller of a request by the key of an SDK; undefined for
 * any other key, which the router refuses.
 */
export function directCaller({
  keys,
  limits,
}: RequireKeyOptions): (request: IncomingMessage) => DirectCaller | undefined {
  return ({ headers, socket }) => {
    const principal = principalOf(headers, keys)
    if (principal?.kind !== 'server' && principal?.kind !== 'client') return undefined
    const client = {
      headers,
      // A system call for each connection, which secret keys do not need.
      get ip() {
        return socket.remoteAddress ?? ''
      },
    }
    return { principal, isAdmitted: () => limits.admits(client, principal) }
  }
}
