import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventBatch } from './event-store.ts'

/**
 * Commits the items of many callers in groups, one group at a time, so that they share one wait for
 * the disk and leave room for other writes between two groups.
 *
 * Per process: it groups the callers of this process only, and another process that writes to the
 * same store commits groups of its own.
 */
export interface GroupCommit<T, R> {
  /** Resolves with the item's result once its group is committed; rejects if the commit fails. */
  (item: T): Promise<R>
  /** Resolves when no group is pending. */
  settled(): Promise<unknown>
}

/** A kill waits for at most one group, so a group stays small. */
const MAX_GROUP_ITEMS = 64

interface Group<T, R> {
  readonly items: T[]
  readonly results: Promise<R[]>
  weight: number
}

export interface GroupCommitOptions<T> {
  /** Returns the amount of work in an item. */
  readonly weightOf: (item: T) => number
  /** Maximum weight of a group of several items. */
  readonly maxWeight: number
}

/**
 * @param commit commits a group, and returns a result for each item. An error of it is one of all
 * items
 */
export function createGroupCommit<T, R>(
  commit: (items: readonly T[]) => R[] | Promise<R[]>,
  { weightOf, maxWeight }: GroupCommitOptions<T>,
): GroupCommit<T, R> {
  let open: Group<T, R> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const openGroup = (): Group<T, R> => {
    const items: T[] = []
    // The next turn reads the requests that have arrived, and other work runs between two groups.
    const results = last
      .then(() => nextTurn())
      .then(() => {
        if (open === group) open = undefined
        return commit(items)
      })
    const group: Group<T, R> = { items, results, weight: 0 }
    last = results.catch(() => undefined)
    return group
  }
  const hasRoom = (group: Group<T, R>, weight: number) =>
    group.items.length < MAX_GROUP_ITEMS &&
    (group.weight === 0 || group.weight + weight <= maxWeight)

  const add = async (item: T): Promise<R> => {
    const weight = weightOf(item)
    if (open === undefined || !hasRoom(open, weight)) open = openGroup()
    const { items, results } = open
    open.weight += weight
    const index = items.push(item) - 1
    return (await results)[index]!
  }
  return Object.assign(add, { settled: () => last })
}

/** Returns the number of units in a batch: most of its work. */
export function unitsOf({ exposures, outcomes }: EventBatch): number {
  let count = 0
  for (const { units } of exposures) count += units.length
  for (const { units } of outcomes) count += units.length
  return count
}
