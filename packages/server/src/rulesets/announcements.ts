import type { RulesetUpdate, RulesetWatcher } from './rulesets.ts'

/** The updates of one target, and the watchers that receive them. */
export interface Announcements {
  readonly watchers: Set<RulesetWatcher>
  /** Updates that the watchers have not received yet, the oldest first. */
  readonly waiting: RulesetUpdate[]
  /** The version of the last update that the watchers have received. */
  announced: number
}

/** Time, ms, after which the preparation of an update lets the other targets follow first. */
const QUICK_MS = 5

/** Publishes updates to the watchers, by default all that wait. */
export function announce(target: Announcements, count = target.waiting.length): void {
  for (let left = count; left > 0; left -= 1) {
    const update = target.waiting.shift()!
    target.announced = update.published.ruleset.version
    for (const watcher of target.watchers) watcher.publish(update)
  }
}

/**
 * Returns a function that publishes the waiting updates of a target in small steps. It returns the
 * rest of its work if that is long.
 * @param isWatched returns false for a target that was deleted or left: nothing is published then
 */
export function createAnnouncer<T extends Announcements>(isWatched: (target: T) => boolean) {
  const announcing = new Set<T>()
  function* announceAll(target: T): Generator<void> {
    announcing.add(target)
    try {
      while (isWatched(target) && target.waiting.length > 0) yield* announceNext(target)
    } finally {
      announcing.delete(target)
    }
  }

  return function* announceSoon(target: T): Generator<void, Generator<void> | undefined> {
    if (announcing.has(target)) return undefined
    const steps = announceAll(target)
    for (let ms = 0; ms < QUICK_MS; ) {
      const since = performance.now()
      if (steps.next().done) return undefined
      ms += performance.now() - since
      yield
    }
    return steps
  }
}

/** Publishes the next update to the watchers, which prepare it first. */
function* announceNext(target: Announcements): Generator<void> {
  const [update] = target.waiting
  for (const watcher of target.watchers)
    for (const _ of watcher.prepare?.(update!) ?? []) {
      yield
      // A client needed it meanwhile. Its frames would only occupy memory.
      if (target.waiting[0] !== update) return
    }
  announce(target, 1)
}
