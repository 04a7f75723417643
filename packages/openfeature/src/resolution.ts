import type { ResolutionDetails as FlagDetails, JsonValue } from '@flaghoist/client'
import { ErrorCode, type FlagMetadata, type ResolutionDetails } from '@openfeature/core'

/** Converts details to OpenFeature's. Reasons and error codes are equal strings. */
export function toResolution<T>(details: FlagDetails<JsonValue>): ResolutionDetails<T> {
  const { value, variant, reason, errorCode, errorMessage, flagMetadata } = details
  return {
    value: value as T,
    reason,
    flagMetadata: flagMetadata as FlagMetadata,
    ...(variant !== undefined && { variant }),
    ...(errorCode !== undefined && { errorCode: ErrorCode[errorCode] }),
    ...(errorMessage !== undefined && { errorMessage }),
  }
}
