import type { Cache } from '@flaghoist/client'
import { parseJson } from '@flaghoist/core/internal'

/** Largest ruleset that is stored, in characters. */
const MAX_CHARACTERS = 1_000_000
/** Characters of all rulesets of an origin together: browsers give it about 5,000,000. */
const MAX_TOTAL = 2_000_000
const MAX_RULESETS = 8
/** Age at which a ruleset that no page has used is removed: its key may have been replaced. */
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1_000

/** Name of the item with the time of the last use of each ruleset, epoch ms. */
const USES = 'flaghoist:uses'
/** Names of rulesets. Those of other items have no space. */
const RULESET = /^flaghoist:.* /

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

/** Removes an item of `localStorage`; does nothing if storage is blocked. */
export function removeLocal(name: string): void {
  try {
    localStorage.removeItem(name)
  } catch {
    // There is no item either.
  }
}

/**
 * Creates a cache for the last known ruleset of one key. The rulesets of an origin have a bound, so
 * that they leave room for the items of the app: those that were not used for longest go first.
 */
export function localCache(name: string): Cache {
  return {
    read() {
      const text = readLocal(name)
      if (text) makeRoom(name, text.length)
      return text
    },
    async write(text) {
      const fits = text.length <= MAX_CHARACTERS
      const stored = fits ? text : ''
      makeRoom(name, stored.length)
      // Without it, later starts would keep evaluating the older ruleset.
      writeLocal(name, stored)
      if (!fits) throw new Error(`it has ${text.length} characters`)
    },
  }
}

/** Records the use of a ruleset of some length, and removes others beyond the bounds. */
function makeRoom(own: string, length: number): void {
  try {
    const now = Date.now()
    const before = Object(parseJson(readLocal(USES) ?? '')) as Readonly<Record<string, number>>
    const uses: Record<string, number> = { [own]: now }
    let total = length
    let count = 1
    const others = Object.keys(localStorage).filter((name) => RULESET.test(name) && name !== own)
    // An earlier version recorded no uses.
    const used = (name: string) => before[name] ?? now
    for (const name of others.sort((a, b) => used(b) - used(a))) {
      total += readLocal(name)!.length
      count += 1
      if (count <= MAX_RULESETS && total <= MAX_TOTAL && now - used(name) < MAX_AGE_MS)
        uses[name] = used(name)
      else localStorage.removeItem(name)
    }
    writeLocal(USES, JSON.stringify(uses))
  } catch {
    // Storage is blocked.
  }
}
