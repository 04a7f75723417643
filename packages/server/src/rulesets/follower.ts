import { stepInTurns } from '../pause.ts'

export interface FollowerOptions<T> {
  /** Lets one item follow the change, in small steps. */
  readonly follow: (item: T) => Generator<void>
  /** Does the work that can wait until all items have followed, in small steps. May begin anew. */
  readonly finish: (item: T) => Generator<void>
  /** Receives the error of an item that could not follow or finish; the others continue. */
  readonly onError: (error: unknown) => void
}

/**
 * Returns a function that lets many items follow a change, in turns of the event loop that are
 * short. The first of these turns is the present one.
 */
export function createFollower<T>({ follow, finish, onError }: FollowerOptions<T>) {
  const waiting = new Set<T>()
  const unfinished = new Set<T>()
  let isFollowing = false

  function* followFirst([item]: Iterable<T>): Generator<void> {
    waiting.delete(item!)
    unfinished.add(item!)
    yield* follow(item!)
  }
  function* finishFirst([item]: Iterable<T>): Generator<void> {
    unfinished.delete(item!)
    for (const _ of finish(item!)) {
      yield
      if (waiting.size === 0) continue
      unfinished.add(item!)
      return
    }
  }
  function* followAll(): Generator<void> {
    while (waiting.size > 0 || unfinished.size > 0) {
      try {
        yield* waiting.size > 0 ? followFirst(waiting) : finishFirst(unfinished)
      } catch (error) {
        onError(error)
      }
      yield
    }
    isFollowing = false
  }

  return (items: Iterable<T>) => {
    for (const item of items) waiting.add(item)
    if (isFollowing) return
    isFollowing = true
    stepInTurns(followAll())
  }
}
