import { problem } from '../errors.ts'
import { getOrSet } from '../get-or-set.ts'
import { runInTurns } from '../pause.ts'
import {
  type Announcements,
  announce,
  createAnnouncer,
  isAnnounced,
} from '../rulesets/announcements.ts'
import { createFollower } from '../rulesets/follower.ts'
import type {
  PublishedRuleset,
  Rulesets,
  RulesetTarget,
  RulesetUpdate,
} from '../rulesets/rulesets.ts'
import type { Upstreams } from './upstreams.ts'

/** The rulesets that a relay receives. */
export interface RelayedRulesets extends Rulesets {
  /**
   * Publishes an update to the watchers of a connection. A large one is prepared first, and lets
   * those of other connections overtake it.
   */
  publish(source: string, update: RulesetUpdate): void
  /** Returns true while a connection has watchers. */
  isWatched(source: string): boolean
}

/**
 * @param find finds a connection
 * @param onError receives the error of an update that could not be published
 */
export function createRelayedRulesets(
  find: Upstreams['find'],
  onError: (error: unknown) => void,
): RelayedRulesets {
  // By name, so that they outlive a connection that is closed and opened again.
  const watched = new Map<string, Announcements>()
  const announcer = createAnnouncer<Announcements>(({ watchers }) => watchers.size > 0)
  const follow = createFollower<Announcements>({
    follow: announcer.announceSoon,
    *finish() {},
    onError,
  })
  const preparing = new WeakMap<PublishedRuleset, Promise<void>>()
  const newest = ({ source }: RulesetTarget) => find(source)?.upstream.published
  return {
    prepare(target, least = 0) {
      const published = newest(target)
      if (published === undefined) return undefined
      const waiting = watched.get(target.source ?? '')
      if (waiting !== undefined && !isAnnounced(waiting, least))
        return runInTurns(announcer.announceAll(waiting))
      if (published.isHashed) return undefined
      return getOrSet(preparing, published, () => runInTurns(published.hash()))
    },
    ready(target) {
      const published = newest(target)
      return published?.isHashed ? published : undefined
    },
    current({ source = '' }, least = 0) {
      const { published } = find(source)?.upstream ?? {}
      if (published === undefined)
        throw problem('UPSTREAM_UNREACHABLE', { problem: 'no ruleset has been received yet' })
      const { version } = published.ruleset
      // The client may hold a kill that the relay has not received.
      if (version < least) throw problem('RELAY_BEHIND', { version, least })
      const target = watched.get(source)
      // The client's stream must not begin with an older version than the client holds.
      if (target !== undefined && target.announced < least) announce(target)
      return published
    },
    watch({ source = '' }, watcher) {
      const target = getOrSet(watched, source, newTarget)
      // The new watcher starts from the version that `current` returns.
      announce(target)
      target.watchers.add(watcher)
      return () => {
        target.watchers.delete(watcher)
        if (target.watchers.size > 0) return
        target.waiting.length = 0
        if (watched.get(source) === target) watched.delete(source)
      }
    },
    publish(source, update) {
      const target = watched.get(source)
      if (target === undefined) return
      target.waiting.push(update)
      // The versions of another lineage do not count on.
      if (update.patch === undefined) announce(target)
      else follow([target])
    },
    isWatched: (source) => watched.has(source),
  }
}

function newTarget(): Announcements {
  return { watchers: new Set(), waiting: [], announced: 0 }
}
