import { AsyncLocalStorage } from 'node:async_hooks'
import type { EvaluationContext, FlagKey, ScopedFlags } from '@flaghoist/client'
import { type NodeFlags, requestScope } from '@flaghoist/node'
import type { RequestEvent } from '@sveltejs/kit'
import { onServerFailure } from '../server-failures.ts'
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

/** The request that a page is rendered for. */
const requests = new AsyncLocalStorage<{ fail(key: FlagKey): void }>()

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
  onServerFailure((key) => requests.getStore()?.fail(key))
  return async ({ event, resolve }) => {
    const startedAt = performance.now()
    const scope = requestScope({ flags, context: () => contextOf(event, context) }, event)
    Object.defineProperty(event.locals, 'flags', { get: () => scope.flags, configurable: true })
    event.locals.flaghoist = { flags, context: scope.context, page }
    // A visitor's cookie can be set only as long as nothing is sent.
    scope.context()

    let hasFailedAlone = false
    const end = (status: number) =>
      // A boundary has said already whose failure it was.
      scope.end(hasFailedAlone ? 200 : status, performance.now() - startedAt)
    const fail = (key: FlagKey) => {
      hasFailedAlone = true
      // What a page shows is counted in the browser; this one was shown here alone.
      scope.flags.isEnabled(key)
      scope.flags.fail(key)
    }
    try {
      const work = () =>
        flags.run(
          () => scope.flags,
          () => resolve(event),
        )
      const response = await requests.run({ fail }, work)
      end(response.status)
      return response
    } catch (error) {
      end(statusOf(error))
      throw error
    }
  }
}

/** The status of a redirect or an error of SvelteKit; what else is thrown is a failure. */
function statusOf(error: unknown): number {
  const { status } = Object(error) as { readonly status?: unknown }
  return typeof status === 'number' ? status : 500
}

function contextOf(event: RequestEvent, context: FlagHandleOptions['context']): EvaluationContext {
  const given = context?.(event) ?? {}
  return given.targetingKey === undefined ? { ...given, targetingKey: visitorOf(event) } : given
}

/** The same visitor in every request, and in the browser, which is told. */
function visitorOf({ cookies, url }: RequestEvent): string {
  const known = cookies.get(COOKIE)
  if (known !== undefined) return known
  const made = `anonymous-${crypto.randomUUID()}`
  const secure = url.protocol === 'https:'
  cookies.set(COOKIE, made, { path: '/', maxAge: YEAR_S, httpOnly: true, sameSite: 'lax', secure })
  return made
}
