import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type EvaluationContext,
  type FlagKey,
  mergeContexts,
  type ScopedFlags,
} from '@flaghoist/client'
import { type NodeFlags, requestScope } from '@flaghoist/node'
import type { RequestEvent } from '@sveltejs/kit'
import { DEV } from 'esm-env'
import { onServerFailure } from '../server-failures.ts'
import type { FlagLocals, PageConnection } from './page-flags.ts'
import { replaceFlags } from './replace-flags.ts'

declare global {
  namespace App {
    interface Locals {
      /** Flags of the user of this request. */
      flags: ScopedFlags
      /** Data for `pageFlags`. */
      flaghoist: FlagLocals
    }
  }
}

/** Options of {@link flagHandle}. */
export interface FlagHandleOptions {
  /** Flags of the server: `createFlags` of `@flaghoist/node`. */
  readonly flags: NodeFlags
  /** Connection of pages to the Flaghoist server, with a key of kind `client`. */
  readonly page: PageConnection
  /**
   * Returns the context of a request. Pages receive it too, so it must not hold anything that the
   * user may not read. Without a targeting key, the context is that of a visitor.
   * @default an empty context
   */
  readonly context?: ((event: RequestEvent) => EvaluationContext) | undefined
  /**
   * Name of the cookie with the random targeting key of a visitor. Scripts read it, so that
   * prerendered pages evaluate for the same visitor. `false` stores no id: visitors have no
   * targeting key, and percentage steps are skipped for them.
   * @default 'flaghoist-visitor'
   */
  readonly visitorCookie?: string | false | undefined
}

/** A `handle` hook of SvelteKit. */
export type FlagHandle = (input: {
  readonly event: RequestEvent
  readonly resolve: (event: RequestEvent) => Response | Promise<Response>
}) => Promise<Response>

/** The request for which a page is rendered. */
const requests = new AsyncLocalStorage<{ fail(key: FlagKey, error: unknown): void }>()

const COOKIE = 'flaghoist-visitor'
/** The cookie of earlier versions, which scripts could not read. */
const EARLIER_COOKIE = 'flaghoist-id'
const YEAR_S = 365 * 24 * 60 * 60

/**
 * Creates a `handle` hook that provides the flags of the user of each request, as
 * `event.locals.flags` and as `flags.current()` in everything that it calls. A request that
 * evaluated a flag records its latency or its failure. Put it after the hook that identifies the
 * user.
 *
 * @example
 * // src/hooks.server.ts
 * export const handle = sequence(
 *   login,
 *   flagHandle({ flags, page, context: ({ locals }) => ({ targetingKey: locals.user?.id }) }),
 * )
 */
export function flagHandle({
  flags,
  page,
  context,
  visitorCookie = COOKIE,
}: FlagHandleOptions): FlagHandle {
  if (DEV) replaceFlags(page, flags)
  onServerFailure((key, error) => requests.getStore()?.fail(key, error))
  return async ({ event, resolve }) => {
    const startedAt = performance.now()
    const targetingKey = visitorCookie ? () => visitorOf(event, visitorCookie) : () => undefined
    const contextOf = (): EvaluationContext => {
      const given = mergeContexts(context?.(event))
      return { ...given, targetingKey: given.targetingKey ?? targetingKey() }
    }
    const scope = requestScope({ flags, context: contextOf }, event)
    Object.defineProperty(event.locals, 'flags', { get: () => scope.flags, configurable: true })
    event.locals.flaghoist = { flags, context: scope.context, page, visitorCookie }
    // A visitor's cookie can be set only before the response is sent.
    scope.context()

    let hasFailedAlone = false
    const end = (status: number) =>
      // A boundary has already recorded the failure of its own flag.
      scope.end(hasFailedAlone ? 200 : status, performance.now() - startedAt)
    const fail = (key: FlagKey, error: unknown) => {
      hasFailedAlone = true
      // The browser records the exposures of a page, but this one happened only on the server.
      scope.flags.isEnabled(key)
      scope.flags.fail(key, error)
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

/** Returns the status of a thrown redirect or error of SvelteKit; 500 for other values. */
function statusOf(error: unknown): number {
  const { status } = Object(error) as { readonly status?: unknown }
  return typeof status === 'number' ? status : 500
}

/**
 * Returns the id of an anonymous visitor from a cookie, and sets the cookie if it is missing. It is
 * no credential, and a script of a prerendered page reads or sets it: it is not `httpOnly`.
 */
function visitorOf({ cookies, url }: RequestEvent, name: string): string {
  const known = cookies.get(name)
  if (known) return known
  const id = cookies.get(EARLIER_COOKIE) || `anonymous-${crypto.randomUUID()}`
  const secure = url.protocol === 'https:'
  cookies.set(name, id, { path: '/', maxAge: YEAR_S, httpOnly: false, sameSite: 'lax', secure })
  return id
}
