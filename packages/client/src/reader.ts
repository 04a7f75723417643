import type { EvaluationContext, JsonValue, ResolutionDetails } from '@flaghoist/core'
import { DEV, detailsOf, resolutionOf } from '@flaghoist/core/internal'
import type { Exposed } from './exposure.ts'
import type { FlagWarnings } from './flag-warnings.ts'
import type { Recorder } from './recorder.ts'
import type { RulesetStore } from './ruleset-store.ts'

/** Evaluates flags, and records the exposures of each context. */
export interface Reader {
  isEnabled(
    key: string,
    context?: EvaluationContext,
    fallback?: boolean,
    exposed?: Exposed,
  ): boolean
  details(
    key: string,
    fallback: JsonValue,
    context?: EvaluationContext,
    exposed?: Exposed,
  ): ResolutionDetails<never, never>
}

export interface ReaderOptions {
  readonly store: RulesetStore
  readonly record: Recorder['recordExposure']
  /** Left out of builds without texts. */
  readonly warnings: FlagWarnings | undefined
}

export function createReader({ store, record, warnings }: ReaderOptions): Reader {
  const reader: Reader = {
    isEnabled(key, context, fallback = false, exposed) {
      const { prepared } = store
      if (!prepared) return fallback
      const resolution = resolutionOf(prepared, key, context)
      const value = resolution?.boolean
      if (value !== undefined || resolution?.parts.isBoolean) {
        record(resolution!, context, exposed)
        return value ?? fallback
      }
      exposed?.delete(key)
      if (DEV && !warnings?.hasWarned(key)) reader.details(key, fallback, context)
      return fallback
    },
    details(key, fallback, context, exposed) {
      const { prepared } = store
      if (!prepared) return notReady(fallback)
      const resolution = resolutionOf(prepared, key, context)
      const details = detailsOf(prepared, key, resolution, fallback)
      if (details.errorCode === undefined) record(resolution!, context, exposed)
      else {
        exposed?.delete(key)
        if (DEV) warnings?.warn(key, details)
      }
      return details as ResolutionDetails<never, never> // `Flags` has the types.
    },
  }
  return reader
}

function notReady(fallback: JsonValue): ResolutionDetails<never, never> {
  return {
    value: fallback as never,
    reason: 'ERROR',
    errorCode: 'PROVIDER_NOT_READY',
    errorMessage: DEV ? 'No ruleset has been received yet.' : 'PROVIDER_NOT_READY',
    flagMetadata: {},
  }
}
