import type { ResolutionDetails } from '@flaghoist/core'
import type { Platform } from './platform.ts'
import { createWarnOnce } from './warn-once.ts'

/** Warnings of flags that cannot be evaluated, one per flag. */
export interface FlagWarnings {
  /** Returns whether a warning of this flag would be suppressed. */
  hasWarned(key: string): boolean
  warn(key: string, details: ResolutionDetails): void
}

/** @param apiKey the key of the client; those of kind `client` see only some flags */
export function createFlagWarnings(platform: Platform, apiKey: string): FlagWarnings {
  const { hasWarned, warn } = createWarnOnce(platform)
  return {
    hasWarned,
    warn(key, { errorCode, errorMessage }) {
      const isHidden = errorCode === 'FLAG_NOT_FOUND' && apiKey.startsWith('fh_client_')
      const hint = isHidden ? ' Client keys see only flags that are clientVisible.' : ''
      warn(key, `${errorMessage} The fallback is served.${hint}`)
    },
  }
}
