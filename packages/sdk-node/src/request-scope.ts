import type { EvaluationContext, ScopedFlags } from '@flaghoist/client'
import type { NodeFlags } from './scopes.ts'

/** Options that the helpers of all frameworks have. */
export interface RequestOptions<Request> {
  readonly flags: NodeFlags
  /**
   * Whom a request comes from. Called when its first flag is asked, and never for a request that asks none.
   * @default an empty context
   */
  readonly context?: ((request: Request) => EvaluationContext) | undefined
}

/** The flags of one request. */
export interface RequestScope {
  readonly flags: ScopedFlags
  /** Whom the request comes from, as far as is known now. Never throws. */
  context(): EvaluationContext
  /** Reports how the request ended, if it has asked for a flag: its latency in ms, or a failure for 500 and above. */
  end(status: number, latencyMs: number | undefined): void
}

/** Metric under which the latency of requests is reported, in ms. */
const LATENCY = 'latency'

/** Makes the flags of a request, for helpers of frameworks: those of Fastify, Express and SvelteKit are made of it. */
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
        `The context of a request could not be made; its flags are those of nobody: ${error}`,
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

const told = new Set<string>()

function warnOnce(message: string): void {
  if (told.has(message) || told.size > 10) return
  told.add(message)
  process.emitWarning(message, 'FlaghoistWarning')
}
