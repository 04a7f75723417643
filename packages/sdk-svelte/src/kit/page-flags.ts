import type { EvaluationContext, Ruleset } from '@flaghoist/client'
import type { NodeFlags } from '@flaghoist/node'
import { building } from '$app/env'

/** What a page needs to answer as its server has: the props of `<FlagProvider>`. */
export interface PageFlags {
  readonly url: string
  readonly key: string
  readonly context: EvaluationContext
  /** `null` where the server had nothing: then the first render has nothing either, whatever the browser has kept. */
  readonly bootstrap: Ruleset | null
}

/** How pages reach the server themselves. */
export interface PageConnection {
  /** Address of the server, as browsers reach it. */
  readonly url: string
  /** API key of kind `client`. */
  readonly key: string
}

/** What `flagHandle` leaves for `load`. */
export interface FlagLocals {
  readonly flags: NodeFlags
  /** Whom the request comes from, as far as is known now. */
  readonly context: () => EvaluationContext
  readonly page: PageConnection
}

/**
 * What flags answer this request, for `<FlagProvider>`. It holds answers, the context and the client key; no rule, and no flag that browsers do
 * not get. A page that is prerendered is for everybody: it has no answers, and gets them when it is live.
 *
 * @example
 * // src/routes/+layout.server.ts
 * export const load = ({ locals }) => ({ flags: pageFlags(locals) })
 */
export function pageFlags({ flaghoist }: { readonly flaghoist: FlagLocals }): PageFlags {
  const { flags, page } = flaghoist
  if (building) return { ...page, context: {}, bootstrap: null }
  const context = flaghoist.context()
  return { ...page, context, bootstrap: flags.snapshot(context) ?? null }
}
