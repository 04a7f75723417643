import type { ListChange } from '../schema/index.ts'
import { setInSteps } from '../set-in-steps.ts'

type Runs = ListChange['added']
type List = readonly string[]

/** Every engine takes as many arguments. */
const MAX_ARGUMENTS = 1_000

/**
 * Returns the removed and the added keys of a list, in small steps; undefined for equal lists.
 * Where kept keys are in another order, the reordered part is removed and added.
 */
export function* listChangeInSteps(
  before: List,
  after: List,
): Generator<undefined, ListChange | undefined> {
  const start = commonStart(before, after)
  const end = commonEnd(before, after, start)
  const [old, now] = [
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  ]
  if (old.length === 0 && now.length === 0) return undefined
  yield
  const [inOld, inNow] = [yield* setInSteps(old), yield* setInSteps(now)]
  const oldKept = old.filter((key) => inNow.has(key))
  yield
  const nowKept = now.filter((key) => inOld.has(key))
  yield
  const isKept = isSameList(oldKept, nowKept)
  const removed = runsOf(old, start, (key) => !isKept || !inNow.has(key))
  yield
  return { removed, added: runsOf(now, start, (key) => !isKept || !inOld.has(key)) }
}

/** Returns the list after a change. */
export function changedList(before: List, { removed, added }: ListChange): string[] {
  return insertRuns(cutRuns(before, removed), added)
}

/**
 * Returns the list without a change; undefined if a later change has removed a key that this one
 * added, or added a key that this one removed. Other later changes stay.
 */
export function revertedList(list: List, { removed, added }: ListChange): string[] | undefined {
  const held = new Set(list)
  const addedKeys = new Set(added.flatMap(({ keys }) => keys))
  const isUndone = [...addedKeys].some((key) => !held.has(key))
  const isRepeated = removed.some(({ keys }) =>
    keys.some((key) => held.has(key) && !addedKeys.has(key)),
  )
  if (isUndone || isRepeated) return undefined
  const isInPlace = added.every(({ at, keys }) =>
    isSameList(keys, list.slice(at, at + keys.length)),
  )
  const kept = isInPlace ? cutRuns(list, added) : list.filter((key) => !addedKeys.has(key))
  return insertRuns(kept, removed)
}

/** Checks that two lists hold the same keys in the same order. */
export function isSameList(one: List, other: List): boolean {
  return one === other || (one.length === other.length && commonStart(one, other) === one.length)
}

function commonStart(one: List, other: List): number {
  let length = 0
  while (length < one.length && length < other.length && one[length] === other[length]) length += 1
  return length
}

/** @param start length of the common start, which is not counted again */
function commonEnd(one: List, other: List, start: number): number {
  const max = Math.min(one.length, other.length) - start
  let length = 0
  while (length < max && one[one.length - 1 - length] === other[other.length - 1 - length])
    length += 1
  return length
}

/** Groups the keys that differ into runs of neighbours. @param start position of the first key */
function runsOf(keys: List, start: number, differs: (key: string) => boolean): Runs {
  const runs: Runs = []
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!
    if (!differs(key)) continue
    const last = runs.at(-1)
    if (last !== undefined && last.at + last.keys.length === start + i) last.keys.push(key)
    else runs.push({ at: start + i, keys: [key] })
  }
  return runs
}

/** Cuts runs out of a list. */
function cutRuns(list: List, runs: Runs): string[] {
  const parts: List[] = []
  let next = 0
  for (const { at, keys } of runs) {
    parts.push(list.slice(next, at))
    next = at + keys.length
  }
  return joined([...parts, list.slice(next)])
}

/** Inserts runs at their positions in the result; one beyond the end is appended. */
function insertRuns(list: List, runs: Runs): string[] {
  const parts: List[] = []
  let [next, length] = [0, 0]
  for (const { at, keys } of runs) {
    const kept = list.slice(next, next + Math.max(0, at - length))
    parts.push(kept, keys)
    next += kept.length
    length += kept.length + keys.length
  }
  return joined([...parts, list.slice(next)])
}

/** Joins lists, in halves where they are more than a function takes. `concat` copies memory. */
function joined(parts: readonly List[]): string[] {
  if (parts.length <= MAX_ARGUMENTS) return ([] as string[]).concat(...parts)
  const half = parts.length >> 1
  return joined(parts.slice(0, half)).concat(joined(parts.slice(half)))
}
