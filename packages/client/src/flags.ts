import type { EvaluationContext, ResolutionDetails } from '@flaghoist/core'
import type { Transport } from './connection-state.ts'
import type { BooleanFlagKey, FlagFallback, FlagKey, FlagValue, FlagVariant } from './flag-types.ts'

/** A flag's value, its variant, and why it was served. */
export type FlagDetails<K extends FlagKey, D> = ResolutionDetails<FlagValue<K, D>, FlagVariant<K>>

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
  ): FlagDetails<K, D>
}

/** Tells what happened to a context: attributed to exactly the variants that it was exposed to. Nothing here throws. */
export interface OutcomeReporter {
  /**
   * Counts that something happened, or how long or large it was; the first time for each unit and revision of a flag.
   *
   * @param metric lower-case letters, digits, `.`, `_` and `-`; at most 100
   * @param value a measurement such as ms
   * @example
   * mine.track('checkout-completed')
   * mine.track('checkout-ms', 182)
   */
  track(metric: string, value?: number): void
  /** Counts a failure. What failed stays in this process: only that something did is reported. */
  error(error?: unknown): void
  /**
   * Runs the new path where a flag is on, and the old one where it is not. A new path that throws or rejects is counted as a
   * failure of that flag, and the old one answers instead. After several failures in a short time its circuit opens:
   * the old path answers at once.
   *
   * @param next the new path; what it gives, or promises, is given back
   * @param old the old path; it is told the error where the new one failed
   * @example
   * const total = mine.guard('new-prices', () => newTotal(cart), () => oldTotal(cart))
   */
  guard<T>(key: BooleanFlagKey, next: () => T, old: (error?: unknown) => T): T
}

/** Flags with a context that every question has; what a question brings itself wins. */
export interface ScopedFlags extends FlagReader, OutcomeReporter {
  readonly context: EvaluationContext
  /** Counts a failure of one flag alone, for who catches errors himself. */
  fail(key: FlagKey, error?: unknown): void
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
  /** Flags whose new path fails so often that `guard` does not try it now. */
  readonly openCircuits: readonly string[]
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
   * Waits for the first answer of the server, which may be that it refuses the key; always resolves, with what there is.
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
