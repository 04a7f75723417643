import { stepInTurns } from '../pause.ts'

/** Work in small steps. */
type Steps = Generator<void>

export interface FollowerOptions<T> {
  /**
   * Lets one item follow the change, in small steps. Returns the rest of its work if that is long:
   * the other items follow first, and later changes overtake it.
   */
  readonly follow: (item: T) => Generator<void, Steps | undefined>
  /** Does the work that can wait until all items have followed, in small steps. May begin anew. */
  readonly finish: (item: T) => Steps
  /** Receives the error of an item that could not follow or finish; the others continue. */
  readonly onError: (error: unknown) => void
}

/**
 * Returns a function that lets many items follow a change, in turns of the event loop that are
 * short. The first of these turns is the present one.
 */
export function createFollower<T>({ follow, finish, onError }: FollowerOptions<T>) {
  const waiting = new Set<T>()
  const rests = new Set<Steps>()
  const unfinished = new Set<T>()
  let isFollowing = false

  function* followFirst([item]: Iterable<T>): Steps {
    waiting.delete(item!)
    unfinished.add(item!)
    const rest = yield* follow(item!)
    if (rest !== undefined) rests.add(rest)
  }
  function* continueFirst([rest]: Iterable<Steps>): Steps {
    // Not `for … of`, which would end the steps when it is left.
    rests.delete(rest!)
    while (!rest!.next().done) {
      yield
      if (waiting.size === 0) continue
      rests.add(rest!)
      return
    }
  }
  function* finishFirst([item]: Iterable<T>): Steps {
    unfinished.delete(item!)
    for (const _ of finish(item!)) {
      yield
      if (waiting.size === 0) continue
      unfinished.add(item!)
      return
    }
  }
  function* workFirst(): Steps {
    if (waiting.size > 0) yield* followFirst(waiting)
    else if (rests.size > 0) yield* continueFirst(rests)
    else yield* finishFirst(unfinished)
  }
  function* followAll(): Steps {
    while (waiting.size + rests.size + unfinished.size > 0) {
      try {
        yield* workFirst()
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
