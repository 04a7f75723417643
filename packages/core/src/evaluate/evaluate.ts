import { DEV } from '../dev.ts'
import type { FlagType, JsonValue } from '../ruleset/wire.ts'
import type { Prepared } from './prepare.ts'
import type {
  ErrorCode,
  EvaluationContext,
  FlagMetadata,
  Resolution,
  ResolutionDetails,
} from './resolution.ts'

const NO_CONTEXT: EvaluationContext = /* @__PURE__ */ Object.freeze({})
const NO_METADATA: FlagMetadata = /* @__PURE__ */ Object.freeze({})

/** The type of a default value, widened: `'light'` becomes `string`. */
export type Widened<T extends JsonValue> = T extends boolean
  ? boolean
  : T extends string
    ? string
    : T extends number
      ? number
      : T

/**
 * Returns the resolution of a flag for a context; undefined where only the caller's default is
 * left. Allocates nothing and never throws.
 */
export function resolutionOf(
  prepared: Prepared,
  key: string,
  context: EvaluationContext | undefined,
): Resolution | undefined {
  const flag = prepared.find(key)
  if (flag === undefined) return undefined
  if (flag.fixed !== undefined) return flag.fixed
  try {
    return prepared.answer(flag, isContext(context) ? context : NO_CONTEXT)
  } catch {
    return undefined // A getter or proxy in the context threw; `evaluate` reports it.
  }
}

/**
 * Checks that a boolean flag is on for a context. Returns the fallback for a flag that is missing,
 * broken or of another type, or that serves no variant. Allocates nothing and never throws.
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
  return resolutionOf(prepared, key, context)?.boolean ?? fallback
}

/**
 * Returns the value of a flag for a context, and the reason. The type of the fallback is the
 * expected type: boolean, text, number, or JSON for any other value. Never throws.
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
  return detailsOf(prepared, key, resolutionOf(prepared, key, context), fallback)
}

/**
 * Returns the result of `evaluate` for a known resolution. Code that also counts the resolution
 * reads the context once.
 * @param resolution the result of `resolutionOf`
 */
export function detailsOf<T extends JsonValue>(
  prepared: Prepared,
  key: string,
  resolution: Resolution | undefined,
  fallback: T,
): ResolutionDetails<Widened<T>> {
  if (!resolution) return failure(fallback, ...causeOf(prepared, key))
  const flag = prepared.find(key)!
  if (flag.type !== typeOf(fallback)) {
    const text = DEV ? `Flag "${key}" is of type ${flag.type}, not ${typeOf(fallback)}.` : key
    return failure(fallback, 'TYPE_MISMATCH', text)
  }

  const { value, variant, reason, flagMetadata } = resolution
  if (variant === undefined) return { value: widened(fallback), reason, flagMetadata }
  // Its type was compared above.
  return { value: value as Widened<T>, variant, reason, flagMetadata }
}

function causeOf(prepared: Prepared, key: string): [ErrorCode, string] {
  const defect = prepared.defectOf(key)
  if (defect !== undefined)
    return ['PARSE_ERROR', DEV ? `Flag "${key}" is broken: ${defect}` : defect]
  if (prepared.find(key)) return ['GENERAL', DEV ? 'The evaluation context threw an error.' : key]
  return [
    'FLAG_NOT_FOUND',
    DEV ? `Flag "${String(key)}" does not exist in ${prepared.ruleset.scope}.` : key,
  ]
}

function failure<T extends JsonValue>(
  fallback: T,
  errorCode: ErrorCode,
  errorMessage: string,
): ResolutionDetails<Widened<T>> {
  return {
    value: widened(fallback),
    reason: 'ERROR',
    errorCode,
    errorMessage,
    flagMetadata: NO_METADATA,
  }
}

function widened<T extends JsonValue>(fallback: T): Widened<T> {
  return fallback as unknown as Widened<T> // Widening affects the type only.
}

function typeOf(fallback: JsonValue): FlagType {
  const type = typeof fallback
  return type === 'boolean' || type === 'string' || type === 'number' ? type : 'json'
}

function isContext(context: unknown): context is EvaluationContext {
  return typeof context === 'object' && context !== null
}
