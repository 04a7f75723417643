import { setImmediate as nextTurn } from 'node:timers/promises'

/** Commits what many callers bring, in few transactions: each of them waits for the disk once, together. */
export interface GroupCommit<T, R> {
  /** Resolves with the result once it is committed; rejects when the whole group could not be. */
  (item: T): Promise<R>
  /** Resolves when nothing is on its way. */
  settled(): Promise<unknown>
}

/** A group takes no longer than a kill may wait. */
const MOST_IN_GROUP = 64

/** @param commit commits a group, all of it or nothing, and gives a result for each */
export function createGroupCommit<T, R>(commit: (items: readonly T[]) => R[]): GroupCommit<T, R> {
  let waiting: { readonly items: T[]; readonly results: Promise<R[]> } | undefined
  let last: Promise<unknown> = Promise.resolve()

  const open = () => {
    const items: T[] = []
    // What has been received already is read by the next turn.
    const results = nextTurn().then(() => {
      if (waiting === group) waiting = undefined
      return commit(items)
    })
    const group = { items, results }
    last = Promise.allSettled([last, results])
    return group
  }
  const add = async (item: T): Promise<R> => {
    if (waiting === undefined || waiting.items.length >= MOST_IN_GROUP) waiting = open()
    const { items, results } = waiting
    const place = items.push(item) - 1
    return (await results)[place]!
  }
  return Object.assign(add, { settled: () => last })
}
