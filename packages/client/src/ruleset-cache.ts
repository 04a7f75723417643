import type { Ruleset } from '@flaghoist/core'
import { DEV } from '@flaghoist/core/internal'
import type { Platform } from './platform.ts'
import type { WarnOnce } from './warn-once.ts'

const SAVE_AFTER_MS = 1_000

/**
 * The last valid ruleset in the platform's cache. A change is written soon after, one write at a
 * time.
 */
export interface RulesetCache {
  /** Returns the cached ruleset; undefined if none can be read. */
  load(): Ruleset | undefined
  /** Plans to write a ruleset. */
  save(ruleset: Ruleset): void
  /** Writes the planned ruleset now; never rejects. */
  flush(): Promise<void>
}

export function createRulesetCache(
  { cache, schedule }: Platform,
  warnings: WarnOnce,
): RulesetCache {
  let wanted: Ruleset | undefined
  let writing = Promise.resolve()
  let cancel: (() => void) | undefined

  const write = async () => {
    const ruleset = wanted
    wanted = undefined
    try {
      if (ruleset) await cache?.write(JSON.stringify(ruleset))
    } catch (error) {
      warnings.warn('cache-write', DEV && 'The ruleset could not be cached', error)
    }
  }
  const flush = () => {
    cancel?.()
    cancel = undefined
    writing = writing.then(write)
    return writing
  }

  return {
    load() {
      try {
        return JSON.parse(cache?.read() ?? '') as Ruleset
      } catch {
        return undefined // An unreadable text is replaced by the next save.
      }
    },
    save(ruleset) {
      wanted = ruleset
      if (cache) cancel ??= schedule(SAVE_AFTER_MS, () => void flush())
    },
    flush,
  }
}
