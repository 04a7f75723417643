import type { Cache } from '@flaghoist/client'

/** Reads an item of `localStorage`; undefined if it is missing, or if storage is blocked. */
export function readLocal(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined
  } catch {
    return undefined // Workers have no storage, and sandboxed frames may not use it.
  }
}

/** Writes an item of `localStorage`; does nothing if storage is blocked or full. */
export function writeLocal(name: string, text: string): void {
  try {
    localStorage.setItem(name, text)
  } catch {
    // The cache only makes a start faster.
  }
}

/** Creates a cache for the last known ruleset of one key. */
export function localCache(name: string): Cache {
  return {
    read: () => readLocal(name),
    write: async (text) => writeLocal(name, text),
  }
}
