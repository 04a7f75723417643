import type { EvaluationContext, FlagOverride, ResolutionDetails } from '@flaghoist/core'
import type { Transport } from './connection-state.ts'
import type { BooleanFlagKey, FlagFallback, FlagKey, FlagValue, FlagVariant } from './flag-types.ts'

/** A flag's value, its variant, and the reason why it was served. */
export type FlagDetails<K extends FlagKey, D> = ResolutionDetails<FlagValue<K, D>, FlagVariant<K>>

/** Evaluation of flags. No operation throws, waits, or touches a network. */
export interface FlagReader {
  /**
   * Returns whether a boolean flag is on; the fallback if the flag is missing, broken or of another
   * type.
   *
   * @example
   * if (flags.isEnabled('new-checkout', { targetingKey: user.id })) …
   */
  isEnabled(key: BooleanFlagKey, context?: EvaluationContext, fallback?: boolean): boolean
  /**
   * Returns the value of a flag, of the fallback's type; the fallback if the flag has none of that
   * type.
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
   * Returns the value of a flag, its variant, and the reason why it was served.
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

/**
 * Outcomes of a context, attributed to exactly the variants that it was exposed to. No operation
 * throws.
 */
export interface OutcomeReporter {
  /**
   * Records an event or a measurement, the first time for each unit and revision of a flag.
   *
   * @param metric 1–100 lower-case letters, digits, `.`, `_` and `-`
   * @param value measurement, such as ms
   * @example
   * mine.track('checkout-completed')
   * mine.track('checkout-ms', 182)
   */
  track(metric: string, value?: number): void
  /** Records a failure. The error itself stays in this process: only the fact is reported. */
  error(error?: unknown): void
  /**
   * Runs the new path if a flag is on, and the old path if it is not. A new path that throws or
   * rejects records a failure of that flag, and the old path runs instead; the SDK warns of it
   * once, with the stack. Where chance chose the path, its latency is recorded, and a failure of
   * the old path too, which is rethrown. After several failures in a short time the circuit of a
   * new path opens, and the old path runs at once.
   *
   * @param next the new path, whose result or promise is returned
   * @param old the old path, called with the error if the new path failed
   * @example
   * const total = mine.guard('new-prices', () => newTotal(cart), () => oldTotal(cart))
   */
  guard<T>(key: BooleanFlagKey, next: () => T, old: (error?: unknown) => T): T
}

/** Flags bound to a context. Attributes given to a single evaluation take precedence. */
export interface ScopedFlags extends FlagReader, OutcomeReporter {
  /** The bound context. */
  readonly context: EvaluationContext
  /**
   * Records a failure of a single flag, for code that handles its own errors.
   *
   * @param error the error; the SDK warns of it once per flag, with its stack
   */
  fail(key: FlagKey, error?: unknown): void
}

/**
 * The source of evaluations. `live`: a connected server. `stale`: a server that was connected.
 * `cached`: a bootstrap, or the cache of an earlier process. `default`: no ruleset, so that
 * fallbacks are served. `closed`: the last known ruleset, after `close`.
 */
export type FlagsState = 'live' | 'stale' | 'cached' | 'default' | 'closed'

/** The state of a client. */
export interface FlagsStatus {
  /** The source of evaluations. */
  readonly state: FlagsState
  /** The way that changes arrive: `stream` within ms, `poll` within seconds, `none` not now. */
  readonly transport: Transport
  /** Project and scope of the ruleset in use: `shop`, `production/acme`. */
  readonly project: string | undefined
  readonly scope: string | undefined
  /** Version of the ruleset in use, and the epoch within which versions can be compared. */
  readonly version: number | undefined
  readonly epoch: string | undefined
  /** Time since the server was last heard, ms. */
  readonly ageMs: number | undefined
  /** The reason why the client is not live, or polls: code, message, and hint. */
  readonly lastError:
    | { readonly code: string; readonly message: string; readonly hint: string }
    | undefined
  /** Number of exposures that were dropped because they could not be reported. */
  readonly droppedExposures: number
  /** Number of outcomes that were dropped because they could not be reported. */
  readonly droppedOutcomes: number
  /** Flags whose new path fails so often that `guard` skips it for now. */
  readonly openCircuits: readonly string[]
  /**
   * The variant that this client serves whatever the rules say. Meanwhile it records no exposures
   * and outcomes.
   */
  readonly override: FlagOverride | undefined
}

/** Events and their payloads. */
export interface FlagsEvents {
  /** Emitted when flags changed, with their keys. */
  change: { readonly flags: readonly string[] }
  /** Emitted when the state, the transport or the error code changed. */
  status: FlagsStatus
}

/** Options of `ready`. */
export interface ReadyOptions {
  /**
   * Longest wait, ms.
   * @default 5000
   */
  readonly timeout?: number | undefined
}

/** The flags of one SDK key: evaluated locally, updated in the background. */
export interface Flags extends FlagReader {
  /**
   * Waits for the first response of the server, which may be a refusal. Never rejects: it resolves
   * with the source of evaluations at that time; `closed` after `close`.
   *
   * @example
   * const { status } = await flags.ready({ timeout: 2000 })
   */
  ready(
    options?: ReadyOptions,
  ): Promise<{ readonly status: 'live' | 'cached' | 'default' | 'closed' }>
  /**
   * Binds a context, so that evaluations need not repeat it.
   *
   * @example
   * const mine = flags.for({ targetingKey: user.id, plan: user.plan })
   * mine.isEnabled('new-checkout')
   */
  for(context: EvaluationContext): ScopedFlags
  /**
   * Adds a listener; returns a function that removes it.
   *
   * @example
   * flags.on('change', ({ flags }) => console.log('changed:', flags.join(', ')))
   * flags.on('status', ({ state, lastError }) => console.log(state, lastError?.hint))
   */
  on<E extends keyof FlagsEvents>(event: E, listener: (event: FlagsEvents[E]) => void): () => void
  /** Returns the source of evaluations, and the reason if it is not live. */
  status(): FlagsStatus
  /**
   * Sends everything recorded so far, within 5 s, and saves the ruleset to the cache. Never
   * rejects. Await it before a platform freezes or ends the process, such as at the end of a
   * serverless function.
   *
   * @example
   * await flags.flush()
   */
  flush(): Promise<void>
  /**
   * Stops the client, and sends the last report within 5 s. It says that exposed units are alive,
   * so call `flush` instead after a crash. Evaluations still work, from the last known ruleset.
   */
  close(): Promise<void>
}
