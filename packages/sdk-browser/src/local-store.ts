import type { Cache } from '@flaghoist/client'

/** Reads of the origin's store; undefined where there is none, or it may not be used. */
export function readLocal(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined // A worker, a sandboxed frame, or storage that is blocked.
  }
}

/** Writes to the origin's store; does nothing where that cannot be. */
export function writeLocal(name: string, text: string): void {
  try {
    localStorage.setItem(name, text)
  } catch {
    // Full, or not there: what is kept only makes a start faster.
  }
}

/** The last known ruleset of one key, for the next page. */
export function localCache(name: string): Cache {
  return {
    read: () => readLocal(name),
    write: async (text) => writeLocal(name, text),
  }
}
