import type { EvaluationContext, ScopedFlags } from '@flaghoist/client'
import type { NodeFlags } from './scopes.ts'

/** Options that the helpers of all frameworks share. */
export interface RequestOptions<Request> {
  /** Flags of the process. */
  readonly flags: NodeFlags
  /**
   * Returns the context of a request. Called at its first evaluation, and never without one.
   * @default an empty context
   */
  readonly context?: ((request: Request) => EvaluationContext) | undefined
}

/** The flags of one request. */
export interface RequestScope {
  /** Flags bound to the context of the request. */
  readonly flags: ScopedFlags
  /** Returns the current context of the request. Never throws. */
  context(): EvaluationContext
  /**
   * Records the end of a request that evaluated a flag: its latency in ms, or a failure from status
   * 500.
   */
  end(status: number, latencyMs: number | undefined): void
}

/** Metric of request latencies, ms. */
const LATENCY = 'latency'

/**
 * Creates the flags of one request, for integrations with a framework. Those of Fastify, Express
 * and SvelteKit are built on it.
 *
 * @example
 * const context = ({ user }) => ({ targetingKey: user.id })
 * const scope = requestScope({ flags, context }, request)
 * scope.flags.isEnabled('new-home')
 * scope.end(response.statusCode, latencyMs)
 */
export function requestScope<Request>(
  { flags, context }: RequestOptions<Request>,
  request: Request,
): RequestScope {
  let scoped: ScopedFlags | undefined
  const contextOf = (): EvaluationContext => {
    try {
      return context?.(request) ?? {}
    } catch (error) {
      warnOnce(
        `The context function of a request failed; its flags have an empty context: ${error}`,
      )
      return {}
    }
  }

  return {
    get flags() {
      scoped ??= flags.for(contextOf())
      return scoped
    },
    context: contextOf,
    end(status, latencyMs) {
      if (status >= 500) scoped?.error()
      else if (latencyMs !== undefined) scoped?.track(LATENCY, latencyMs)
    },
  }
}

const warned = new Set<string>()

function warnOnce(message: string): void {
  if (warned.has(message) || warned.size > 10) return
  warned.add(message)
  process.emitWarning(message, 'FlaghoistWarning')
}
