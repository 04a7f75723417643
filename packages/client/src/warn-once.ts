import type { Platform } from './platform.ts'

/** Tells the developer of each cause once. */
export interface WarnOnce {
  /** Whether a warning of this cause would not be told any more. */
  hasWarned(cause: string): boolean
  /** @param error of somebody else, to be told behind the message */
  warn(cause: string, message: string, error?: unknown): void
}

/** So many causes at most: a program that asks for made-up flags must not fill a log. */
const MAX_CAUSES = 100

export function createWarnOnce(platform: Platform): WarnOnce {
  const causes = new Set<string>()
  const hasWarned = (cause: string) => causes.has(cause) || causes.size >= MAX_CAUSES

  return {
    hasWarned,
    warn(cause, message, error) {
      if (hasWarned(cause)) return
      causes.add(cause)
      platform.warn(message + errorText(error))
    },
  }
}

/** Anything can be thrown, also what has no text. */
export function errorText(error: unknown): string {
  try {
    return error === undefined ? '' : `: ${error}`
  } catch {
    return ''
  }
}
