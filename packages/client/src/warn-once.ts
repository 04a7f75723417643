import type { Platform } from './platform.ts'

/** Warnings, one for each cause. */
export interface WarnOnce {
  /** Returns whether a warning of this cause would be suppressed. */
  hasWarned(cause: string): boolean
  /**
   * Warns, unless this cause was warned of before.
   * @param message text of the warning; builds without texts show the cause in its place
   * @param error error of the app or the platform, shown behind the message
   */
  warn(cause: string, message: string | false, error?: unknown): void
}

/** An app that evaluates made-up flags must not fill a log. */
const MAX_CAUSES = 100

export function createWarnOnce(platform: Platform): WarnOnce {
  const causes = new Set<string>()
  const hasWarned = (cause: string) => causes.has(cause) || causes.size >= MAX_CAUSES

  return {
    hasWarned,
    warn(cause, message, error) {
      if (hasWarned(cause)) return
      causes.add(cause)
      platform.warn((message || cause) + errorText(error))
    },
  }
}

/**
 * Returns the text of a thrown value, with its stack, to be put behind a message; empty if it has
 * none.
 */
export function errorText(error: unknown): string {
  try {
    if (error === undefined) return ''
    const { message, stack = '' } = Object(error) as Partial<Error>
    // Frameworks replace errors by plain objects with a message.
    const text = `${stack ? error : (message ?? error)}`
    // V8 repeats the message in the stack; other engines do not.
    return `: ${stack.includes(text) ? stack : `${text}\n${stack}`.trim()}`
  } catch {
    return ''
  }
}
