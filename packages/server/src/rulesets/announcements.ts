import { getOrSet } from '../get-or-set.ts'
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

/** Checks that the watchers have received a version, or every update of the target. */
export function isAnnounced({ announced, waiting }: Announcements, version: number): boolean {
  return announced >= version || waiting.length === 0
}

/** Publishes updates to the watchers, by default all that wait. */
export function announce(target: Announcements, count = target.waiting.length): void {
  for (let left = count; left > 0; left -= 1) {
    const update = target.waiting.shift()!
    target.announced = update.published.ruleset.version
    for (const watcher of target.watchers) watcher.publish(update)
  }
}

/** Publishes the waiting updates of targets in small steps. */
export interface Announcer<T> {
  /** Publishes those of a target. Returns the rest of its work if that is long. */
  announceSoon(target: T): Generator<void, Generator<void> | undefined>
  /** Publishes all of a target. Takes part in the work that is going on already. */
  announceAll(target: T): Generator<void>
}

/**
 * @param isWatched returns false for a target that was deleted or left: nothing is published then
 */
export function createAnnouncer<T extends Announcements>(
  isWatched: (target: T) => boolean,
): Announcer<T> {
  const announcing = new Map<T, Generator<void>>()
  function* announceEach(target: T): Generator<void> {
    try {
      while (isWatched(target) && target.waiting.length > 0) yield* announceNext(target)
    } finally {
      announcing.delete(target)
    }
  }
  function* announceAll(target: T): Generator<void> {
    const steps = getOrSet(announcing, target, () => announceEach(target))
    while (!steps.next().done) yield
  }

  return {
    announceAll,
    *announceSoon(target) {
      if (announcing.has(target)) return undefined
      const steps = announceAll(target)
      for (let ms = 0; ms < QUICK_MS; ) {
        const since = performance.now()
        if (steps.next().done) return undefined
        ms += performance.now() - since
        yield
      }
      return steps
    },
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
