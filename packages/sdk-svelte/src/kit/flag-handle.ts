import type { EvaluationContext, ScopedFlags } from '@flaghoist/client'
import { type NodeFlags, requestScope } from '@flaghoist/node'
import type { RequestEvent } from '@sveltejs/kit'
import type { FlagLocals, PageConnection } from './page-flags.ts'

declare global {
  namespace App {
    interface Locals {
      /** Flags of whoever the request comes from. */
      flags: ScopedFlags
      /** For `pageFlags`. */
      flaghoist: FlagLocals
    }
  }
}

/** Options of {@link flagHandle}. */
export interface FlagHandleOptions {
  /** Flags of the server: `createFlags` of `@flaghoist/node`. */
  readonly flags: NodeFlags
  /** How pages reach the server themselves: with a key of kind `client`. */
  readonly page: PageConnection
  /**
   * Whom a request comes from. Pages are given it as well: name nothing that a user may not read. Without a targeting key, it is a random
   * one that a cookie keeps.
   * @default an empty context
   */
  readonly context?: ((event: RequestEvent) => EvaluationContext) | undefined
}

/** A `handle` hook of SvelteKit. */
export type FlagHandle = (input: {
  readonly event: RequestEvent
  readonly resolve: (event: RequestEvent) => Response | Promise<Response>
}) => Promise<Response>

const COOKIE = 'flaghoist-id'
const YEAR_S = 365 * 24 * 60 * 60

/**
 * A `handle` hook that gives each request the flags of whoever it comes from: `event.locals.flags`, and `flags.current()` wherever it
 * leads. A request that has asked for a flag reports its latency or its failure. Put it behind the hook that knows who has logged in.
 *
 * @example
 * // src/hooks.server.ts
 * export const handle = sequence(login, flagHandle({ flags, page: { url, key }, context: ({ locals }) => ({ targetingKey: locals.user?.id }) }))
 */
export function flagHandle({ flags, page, context }: FlagHandleOptions): FlagHandle {
  return async ({ event, resolve }) => {
    const startedAt = performance.now()
    const known = contextOf(event, context)
    const scope = requestScope({ flags, context: () => known }, event)
    Object.defineProperty(event.locals, 'flags', { get: () => scope.flags, configurable: true })
    event.locals.flaghoist = { flags, context: known, page }

    const response = await flags.run(
      () => scope.flags,
      () => resolve(event),
    )
    scope.end(response.status, performance.now() - startedAt)
    return response
  }
}

function contextOf(event: RequestEvent, context: FlagHandleOptions['context']): EvaluationContext {
  const given = context?.(event) ?? {}
  return given.targetingKey === undefined ? { ...given, targetingKey: visitorOf(event) } : given
}

/** The same visitor in every request, and in the browser, which is told. */
function visitorOf({ cookies }: RequestEvent): string {
  const known = cookies.get(COOKIE)
  if (known !== undefined) return known
  const made = `anonymous-${crypto.randomUUID()}`
  cookies.set(COOKIE, made, { path: '/', maxAge: YEAR_S, httpOnly: true, sameSite: 'lax' })
  return made
}
