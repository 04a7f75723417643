import type { Stores } from '../src/stores/stores.ts'

/**
 * Stores whose appends lose their sequence number to another writer.
 *
 * @param rival runs before each append, with the number of appends so far. It writes through
 * stores of its own: `createMemoryStores` on the same memory, or a second server over them
 */
export function withRival<S extends Stores>(
  stores: S,
  rival: (appends: number) => Promise<unknown> | undefined,
): S {
  const { log } = stores
  let appends = 0
  const append: typeof log.append = async (...change) => {
    await rival(appends++)
    return log.append(...change)
  }
  return { ...stores, log: { ...log, append } }
}
