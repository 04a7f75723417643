import { problem } from '../errors.ts'
import { getOrSet } from '../get-or-set.ts'
import type { Rulesets, RulesetUpdate, RulesetWatcher } from '../rulesets/rulesets.ts'
import type { Upstreams } from './upstreams.ts'

/** The rulesets that a relay receives. */
export interface RelayedRulesets extends Rulesets {
  /** Publishes an update to the watchers of a connection. */
  publish(source: string, update: RulesetUpdate): void
  /** Returns true while a connection has watchers. */
  isWatched(source: string): boolean
}

/** @param find finds a connection */
export function createRelayedRulesets(find: Upstreams['find']): RelayedRulesets {
  // By name, so that they outlive a connection that is closed and opened again.
  const watchers = new Map<string, Set<RulesetWatcher>>()
  return {
    prepare: () => undefined,
    ready: ({ source }) => find(source)?.upstream.published,
    current({ source }, least = 0) {
      const { published } = find(source)?.upstream ?? {}
      if (published === undefined)
        throw problem('UPSTREAM_UNREACHABLE', { problem: 'no ruleset has been received yet' })
      const { version } = published.ruleset
      // The client may hold a kill that the relay has not received.
      if (version < least) throw problem('RELAY_BEHIND', { version, least })
      return published
    },
    watch({ source = '' }, watcher) {
      const own = getOrSet(watchers, source, () => new Set<RulesetWatcher>())
      own.add(watcher)
      return () => {
        own.delete(watcher)
        if (own.size === 0) watchers.delete(source)
      }
    },
    publish(source, update) {
      for (const watcher of watchers.get(source) ?? []) watcher.publish(update)
    },
    isWatched: (source) => watchers.has(source),
  }
}
