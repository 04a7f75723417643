import { problem } from '../errors.ts'
import { getOrSet } from '../get-or-set.ts'
import type { Rulesets, RulesetUpdate } from '../rulesets/rulesets.ts'
import type { Upstreams } from './upstreams.ts'

type Listener = (update: RulesetUpdate) => void

/** The rulesets that a relay receives. */
export interface RelayedRulesets extends Rulesets {
  /** Calls the listeners of a connection. */
  publish(source: string, update: RulesetUpdate): void
  /** Returns true while a connection has listeners. */
  isWatched(source: string): boolean
}

/** @param find finds a connection */
export function createRelayedRulesets(find: Upstreams['find']): RelayedRulesets {
  // By name, so that they outlive a connection that is closed and opened again.
  const listeners = new Map<string, Set<Listener>>()
  return {
    current({ source }, least = 0) {
      const { published } = find(source)?.upstream ?? {}
      if (published === undefined)
        throw problem('UPSTREAM_UNREACHABLE', { problem: 'no ruleset has been received yet' })
      const { version } = published.ruleset
      // The client may hold a kill that the relay has not received.
      if (version < least) throw problem('RELAY_BEHIND', { version, least })
      return published
    },
    watch({ source = '' }, listener) {
      const own = getOrSet(listeners, source, () => new Set<Listener>())
      own.add(listener)
      return () => {
        own.delete(listener)
        if (own.size === 0) listeners.delete(source)
      }
    },
    publish(source, update) {
      for (const listener of listeners.get(source) ?? []) listener(update)
    },
    isWatched: (source) => listeners.has(source),
  }
}
