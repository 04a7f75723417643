/** Items that one step adds: about a millisecond. */
const STEP = 10_000

/** Puts the items of a list into a set, in small steps. */
export function* setInSteps<T>(items: readonly T[]): Generator<undefined, Set<T>> {
  const set = new Set<T>()
  let pauseAt = STEP
  for (const item of items) {
    set.add(item)
    if (set.size < pauseAt) continue
    pauseAt += STEP
    yield
  }
  return set
}
