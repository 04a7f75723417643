import type { ResolutionDetails as FlagDetails, JsonValue } from '@flaghoist/client'
import { ErrorCode, type FlagMetadata, type ResolutionDetails } from '@openfeature/core'

/** Our details as OpenFeature's: reasons and error codes are the same texts. */
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
