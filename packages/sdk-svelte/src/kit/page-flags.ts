import type { EvaluationContext, Ruleset } from '@flaghoist/client'
import type { NodeFlags } from '@flaghoist/node'
import { building } from '$app/env'
import { plainContext } from '../plain-context.ts'

/** The props of `<FlagProvider>` with which a page evaluates as its server did. */
export interface PageFlags {
  readonly url: string
  readonly key: string
  readonly context: EvaluationContext
  /**
   * Values of the request; `null` if the server had no ruleset, so that the first render ignores
   * the cache.
   */
  readonly bootstrap: Ruleset | null
  /** Name of the cookie with the targeting key of visitors; `false` if they have none. */
  readonly visitorCookie: string | false
}

/** The connection of pages to the Flaghoist server. */
export interface PageConnection {
  /** URL of the server for browsers. */
  readonly url: string
  /** API key of kind `client`. */
  readonly key: string
}

/** The data that `flagHandle` stores for `load`. */
export interface FlagLocals {
  readonly flags: NodeFlags
  /** Returns the current context of the request. */
  readonly context: () => EvaluationContext
  readonly page: PageConnection
  readonly visitorCookie: string | false
}

/**
 * Returns the flag values of a request, for `<FlagProvider>`: values, context and client key, but
 * no rules, and only flags that are clientVisible. A prerendered page is shared by all users: it
 * has no values until it is live.
 *
 * @example
 * // src/routes/+layout.server.ts
 * export const load = ({ locals }) => ({ flags: pageFlags(locals) })
 */
export function pageFlags({ flaghoist }: { readonly flaghoist: FlagLocals }): PageFlags {
  const { flags, page, visitorCookie } = flaghoist
  const connection = { ...page, visitorCookie }
  if (building) return { ...connection, context: {}, bootstrap: null }
  // A value that cannot be serialised must not keep the page from being rendered.
  const context = plainContext(flaghoist.context())
  return { ...connection, context, bootstrap: flags.snapshot(context) ?? null }
}
