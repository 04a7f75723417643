import type { EvaluationContext, ResolutionDetails } from '@flaghoist/core'
import type { Transport } from './connection.ts'
import type { BooleanFlagKey, FlagFallback, FlagKey, FlagValue } from './flag-types.ts'

/** The questions that code asks. None of them throws, waits, or touches a network. */
export interface FlagReader {
  /**
   * Whether a boolean flag is on. The fallback where the flag is missing, broken or of another type.
   *
   * @example
   * if (flags.isEnabled('new-checkout', { targetingKey: user.id })) …
   */
  isEnabled(key: BooleanFlagKey, context?: EvaluationContext, fallback?: boolean): boolean
  /**
   * The value of a flag. Its type is that of the fallback.
   *
   * @example
   * const theme = flags.value('theme', 'light', { targetingKey: user.id })
   */
  value<K extends FlagKey, const D extends FlagFallback<K>>(
    key: K,
    fallback: D,
    context?: EvaluationContext,
  ): FlagValue<K, D>
  /**
   * The value of a flag, its variant, and why it was served.
   *
   * @example
   * const { value, reason } = flags.details('theme', 'light', { targetingKey: user.id })
   */
  details<K extends FlagKey, const D extends FlagFallback<K>>(
    key: K,
    fallback: D,
    context?: EvaluationContext,
  ): ResolutionDetails<FlagValue<K, D>>
}

/** Flags with a context that every question has; what a question brings itself wins. */
export interface ScopedFlags extends FlagReader {
  readonly context: EvaluationContext
}

/**
 * Where the answers come from. `live`: from a server that is connected. `stale`: from a server that was. `cached`: from a
 * bootstrap or from what an earlier process kept. `default`: there is nothing, so fallbacks are served.
 */
export type FlagsState = 'live' | 'stale' | 'cached' | 'default' | 'closed'

export interface FlagsStatus {
  readonly state: FlagsState
  /** How changes come in: `stream` within ms, `poll` within seconds, `none` not now. */
  readonly transport: Transport
  /** Project and scope of the ruleset that answers: `shop`, `production/acme`. */
  readonly project: string | undefined
  readonly scope: string | undefined
  /** Its version, and the epoch within which versions can be compared. */
  readonly version: number | undefined
  readonly epoch: string | undefined
  /** ms since the server was last heard of. */
  readonly ageMs: number | undefined
  /** Why it is not live, or why it polls: code, what happened, and what to do. */
  readonly lastError:
    | { readonly code: string; readonly message: string; readonly hint: string }
    | undefined
  /** Exposures that could not be reported, and were given up. */
  readonly droppedExposures: number
}

export interface FlagsEvents {
  /** Flags were changed; their keys. */
  change: { readonly flags: readonly string[] }
  /** The state, the transport or the kind of trouble changed. */
  status: FlagsStatus
}

export interface ReadyOptions {
  /**
   * How long to wait, in ms.
   * @default 5000
   */
  readonly timeout?: number | undefined
}

/** The flags of one SDK key: answered locally, kept current behind the scenes. */
export interface Flags extends FlagReader {
  /**
   * Waits for the first answer of the server; always resolves, with what there is.
   *
   * @example
   * const { status } = await flags.ready({ timeout: 2000 })
   */
  ready(options?: ReadyOptions): Promise<{ readonly status: 'live' | 'cached' | 'default' }>
  /**
   * Binds a context, so that it need not be repeated.
   *
   * @example
   * const mine = flags.for({ targetingKey: user.id, plan: user.plan })
   * mine.isEnabled('new-checkout')
   */
  for(context: EvaluationContext): ScopedFlags
  /**
   * Calls back on each change; gives a function that unsubscribes.
   *
   * @example
   * flags.on('change', ({ flags }) => console.log('changed:', flags.join(', ')))
   * flags.on('status', ({ state, lastError }) => console.log(state, lastError?.hint))
   */
  on<E extends keyof FlagsEvents>(event: E, listener: (event: FlagsEvents[E]) => void): () => void
  /** Where answers come from now, and why they are not live. */
  status(): FlagsStatus
  /** Stops, and reports what was served: within 5 s, whatever the server does. Answers are still given, from what was last known. */
  close(): Promise<void>
}
