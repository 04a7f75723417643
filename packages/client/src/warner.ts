import type { Platform } from './platform.ts'

/** Tells the developer of each cause once. */
export interface Warner {
  /** Whether a warning of this cause would not be told any more. */
  isTold(cause: string): boolean
  /** @param error of somebody else, to be told behind the message */
  warn(cause: string, message: string, error?: unknown): void
}

/** So many causes at most: a program that asks for made-up flags must not fill a log. */
const MOST_CAUSES = 100

export function createWarner(platform: Platform): Warner {
  const causes = new Set<string>()
  const isTold = (cause: string) => causes.has(cause) || causes.size >= MOST_CAUSES

  return {
    isTold,
    warn(cause, message, error) {
      if (isTold(cause)) return
      causes.add(cause)
      platform.warn(message + textOf(error))
    },
  }
}

/** Anything can be thrown, also what has no text. */
export function textOf(error: unknown): string {
  try {
    return error === undefined ? '' : `: ${error}`
  } catch {
    return ''
  }
}
