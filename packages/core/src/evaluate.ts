import type { Outcome } from './outcome.ts'
import type { Prepared } from './prepare.ts'
import type { ErrorCode, EvaluationContext, FlagMetadata, ResolutionDetails } from './resolution.ts'
import type { FlagType, JsonValue } from './ruleset.ts'

const NO_CONTEXT: EvaluationContext = Object.freeze({})
const NO_METADATA: FlagMetadata = Object.freeze({})

/** The type of a default value, widened: `'light'` stands for any text. */
export type Widened<T extends JsonValue> = T extends boolean
  ? boolean
  : T extends string
    ? string
    : T extends number
      ? number
      : T

/**
 * The outcome of a flag for a context; undefined where only the caller's default is left. Allocates nothing
 * and never throws.
 */
export function outcomeOf(
  prepared: Prepared,
  key: string,
  context: EvaluationContext | undefined,
): Outcome | undefined {
  const flag = prepared.flags.get(key)
  if (flag === undefined) return undefined
  if (flag.fixed !== undefined) return flag.fixed
  try {
    return prepared.answer(flag, isContext(context) ? context : NO_CONTEXT)
  } catch {
    return undefined // A getter or proxy in the context threw; `evaluate` says so.
  }
}

/**
 * Whether a boolean flag is on for a context; the fallback where the flag is missing, broken or of another type.
 * Allocates nothing and never throws.
 *
 * @example
 * isEnabled(prepared, 'new-checkout', { targetingKey: 'ada' })
 */
export function isEnabled(
  prepared: Prepared,
  key: string,
  context?: EvaluationContext,
  fallback = false,
): boolean {
  return outcomeOf(prepared, key, context)?.boolean ?? fallback
}

/**
 * The value of a flag for a context, and why. The type asked for is that of the fallback: boolean, text,
 * number, and for anything else JSON. Never throws.
 *
 * @example
 * evaluate(prepared, 'theme', { targetingKey: 'ada' }, 'light')
 * // { value: 'dark', variant: 'dark', reason: 'SPLIT', flagMetadata: {} }
 */
export function evaluate<T extends JsonValue>(
  prepared: Prepared,
  key: string,
  context: EvaluationContext | undefined,
  fallback: T,
): ResolutionDetails<Widened<T>> {
  return detailsOf(prepared, key, outcomeOf(prepared, key, context), fallback)
}

/**
 * What `evaluate` answers, for whoever has the outcome already because it is counted: a context is read once.
 * @param outcome what `outcomeOf` has found
 */
export function detailsOf<T extends JsonValue>(
  prepared: Prepared,
  key: string,
  outcome: Outcome | undefined,
  fallback: T,
): ResolutionDetails<Widened<T>> {
  if (outcome === undefined) return failure(fallback, ...whyNot(prepared, key))
  const flag = prepared.flags.get(key)!
  if (flag.type !== typeOf(fallback)) {
    const text = `The flag "${key}" is of type ${flag.type}, not ${typeOf(fallback)}.`
    return failure(fallback, 'TYPE_MISMATCH', text)
  }

  return {
    value: outcome.value as Widened<T>, // Its type was compared above.
    variant: outcome.variant,
    reason: outcome.reason,
    flagMetadata: outcome.flagMetadata,
  }
}

function whyNot(prepared: Prepared, key: string): [ErrorCode, string] {
  const defect = prepared.broken.get(key)
  if (defect !== undefined) return ['PARSE_ERROR', `The flag "${key}" is broken: ${defect}`]
  if (prepared.flags.has(key)) return ['GENERAL', 'Reading the evaluation context threw an error.']
  return ['FLAG_NOT_FOUND', `There is no flag "${key}" in ${prepared.ruleset.scope}.`]
}

function failure<T extends JsonValue>(
  fallback: T,
  errorCode: ErrorCode,
  errorMessage: string,
): ResolutionDetails<Widened<T>> {
  const value = fallback as unknown as Widened<T> // Widening is for the type alone.
  return { value, reason: 'ERROR', errorCode, errorMessage, flagMetadata: NO_METADATA }
}

function typeOf(fallback: JsonValue): FlagType {
  const type = typeof fallback
  return type === 'boolean' || type === 'string' || type === 'number' ? type : 'json'
}

function isContext(context: unknown): context is EvaluationContext {
  return typeof context === 'object' && context !== null
}
