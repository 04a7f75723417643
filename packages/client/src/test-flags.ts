import type { EvaluationContext, JsonValue, ResolutionDetails } from '@flaghoist/core'
import { createEmitter } from './emitter.ts'
import type { FlagValues } from './flag-types.ts'
import type { Flags, ScopedFlags } from './flags.ts'
import { runGuarded } from './guard.ts'

/** An outcome that the code under test has recorded. */
export interface TestOutcome {
  /** Metric; `error` for failures. */
  readonly metric: string
  /** Measurement. */
  readonly value?: number | undefined
  /** Flag whose new path failed, if the failure belongs to a single flag. */
  readonly flag?: string | undefined
  /** The error of a failure. */
  readonly error?: unknown
}

/** Flags for tests of an app: evaluations return the values that were set. */
export interface TestFlags extends Flags, ScopedFlags {
  /** Sets flags, and emits `change` as an update from a server does. */
  set(values: Partial<FlagValues>): void
  /** Recorded outcomes, in order. */
  readonly outcomes: readonly TestOutcome[]
}

/**
 * Creates flags with given values, without a server. A flag that is not set evaluates to the
 * fallback.
 *
 * @example
 * const flags = createTestFlags({ 'new-checkout': true, theme: 'dark' })
 * const shop = buildShop(flags)
 */
export function createTestFlags(values: Partial<FlagValues> = {}): TestFlags {
  const known = new Map<string, JsonValue | undefined>(Object.entries(values))
  const outcomes: TestOutcome[] = []
  const { on, emit, clear } = createEmitter((error) => {
    throw error
  })
  let version = 1

  const details = (key: string, fallback: JsonValue): ResolutionDetails<never, never> => {
    const value = known.get(key)
    if (value !== undefined && typeof value === typeof fallback)
      return { value: value as never, variant: 'test' as never, reason: 'STATIC', flagMetadata: {} }
    const errorCode = value === undefined ? 'FLAG_NOT_FOUND' : 'TYPE_MISMATCH'
    return { value: fallback as never, reason: 'ERROR', errorCode, flagMetadata: {} }
  }
  const scope = (context: EvaluationContext): ScopedFlags => testScope(context, details, outcomes)

  return {
    ...scope({}),
    outcomes,
    for: scope,
    on,
    ready: async () => ({ status: 'live' as const }),
    status: () => ({
      state: 'live' as const,
      transport: 'none' as const,
      project: 'test',
      scope: 'test',
      version,
      epoch: 'test',
      ageMs: 0,
      lastError: undefined,
      droppedExposures: 0,
      droppedOutcomes: 0,
      openCircuits: [],
      override: undefined,
    }),
    flush: async () => undefined,
    close: async () => clear(),
    set(next) {
      for (const [key, value] of Object.entries(next)) known.set(key, value)
      version += 1
      emit('change', { flags: Object.keys(next) })
    },
  }
}

/** Creates a scope that records its outcomes in memory. */
function testScope(
  context: EvaluationContext,
  details: (key: string, fallback: JsonValue) => ResolutionDetails<never, never>,
  outcomes: TestOutcome[],
): ScopedFlags {
  const isEnabled = (key: string, _context?: EvaluationContext, fallback = false): boolean =>
    details(key, fallback).value
  const fail = (flag: string, error?: unknown) => {
    outcomes.push({ metric: 'error', flag, ...(error !== undefined && { error }) })
  }

  return {
    context,
    isEnabled,
    value: (key, fallback) => details(key, fallback as JsonValue).value,
    details: (key, fallback) => details(key, fallback as JsonValue),
    track: (metric, value) => void outcomes.push({ metric, ...(value !== undefined && { value }) }),
    error: (error) =>
      void outcomes.push({ metric: 'error', ...(error !== undefined && { error }) }),
    fail,
    guard(key, next, old) {
      if (!isEnabled(key)) return old()
      return runGuarded(
        next,
        () => {},
        (error) => {
          fail(key, error)
          return old(error)
        },
      )
    },
  }
}
