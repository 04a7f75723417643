import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Commits what many callers bring, in few transactions: each of them waits for the disk once,
 * together.
 */
export interface GroupCommit<T, R> {
  /** Resolves with the result once it is committed; rejects when the whole group could not be. */
  (item: T): Promise<R>
  /** Resolves when nothing is on its way. */
  settled(): Promise<unknown>
}

/** A group takes no longer than a kill may wait. */
const MOST_IN_GROUP = 64

interface Group<T, R> {
  readonly items: T[]
  readonly results: Promise<R[]>
  weight: number
}

export interface GroupOptions<T> {
  /** How much work an item is. */
  readonly weigh: (item: T) => number
  /** So much work at most is a group, unless one item alone is more. */
  readonly mostWeight: number
}

/** @param commit commits a group, all of it or nothing, and gives a result for each */
export function createGroupCommit<T, R>(
  commit: (items: readonly T[]) => R[],
  { weigh, mostWeight }: GroupOptions<T>,
): GroupCommit<T, R> {
  let waiting: Group<T, R> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const open = () => {
    const items: T[] = []
    // What has been received already is read by the next turn; and others have theirs between two
    // groups.
    const results = last
      .then(() => nextTurn())
      .then(() => {
        if (waiting === group) waiting = undefined
        return commit(items)
      })
    const group: Group<T, R> = { items, results, weight: 0 }
    last = results.catch(() => undefined)
    return group
  }
  const add = async (item: T): Promise<R> => {
    const weight = weigh(item)
    if (
      waiting === undefined ||
      waiting.items.length >= MOST_IN_GROUP ||
      (waiting.weight > 0 && waiting.weight + weight > mostWeight)
    )
      waiting = open()
    const { items, results } = waiting
    waiting.weight += weight
    const place = items.push(item) - 1
    return (await results)[place]!
  }
  return Object.assign(add, { settled: () => last })
}
