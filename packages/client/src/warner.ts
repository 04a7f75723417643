import type { Platform } from './platform.ts'

/** Tells the developer of each cause once. */
export interface Warner {
  /** Whether a warning of this cause would not be told any more. */
  isTold(cause: string): boolean
  warn(cause: string, message: string): void
}

/** So many causes at most: a program that asks for made-up flags must not fill a log. */
const MOST_CAUSES = 100

export function createWarner(platform: Platform): Warner {
  const causes = new Set<string>()
  const isTold = (cause: string) => causes.has(cause) || causes.size >= MOST_CAUSES

  return {
    isTold,
    warn(cause, message) {
      if (isTold(cause)) return
      causes.add(cause)
      platform.warn(message)
    },
  }
}
