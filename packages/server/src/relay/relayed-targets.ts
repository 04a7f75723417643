import { problem } from '../errors.ts'
import { cursorText } from '../rulesets/cursor.ts'
import { requestedScope } from '../rulesets/target.ts'
import type { Targets } from '../rulesets/targets.ts'
import type { RelayKeys } from './relay-keys.ts'
import type { Query, Relayed, Upstreams } from './upstreams.ts'

/** Limit of the waits of a request, below the 5 s after which an SDK gives it up. */
const SETTLE_MS = 4_000

/** The targets of a relay: the scopes that its upstream serves to its keys. */
export function createRelayedTargets(upstreams: Upstreams, keys: RelayKeys): Targets {
  const requireServed = (keyId: string) => {
    const refusal = upstreams.refusalOf(keyId)
    if (refusal !== undefined) throw refusal
  }
  /** Without the upstream too, and before a stranger makes the relay ask it for any scope. */
  const connectionFor = (own: Relayed, query: Query) => {
    const bound = own.target?.scope
    if (bound !== undefined && requestedScope(bound, query) === bound) return own
    // Only the upstream knows the scope of the key, and it would serve no other connection either.
    const isUnknown = bound === undefined && own.upstream.refusal === undefined
    if (isUnknown && !upstreams.isKnown(own.key, query)) throw unreachable(own)
    return upstreams.open(own.key, query)
  }
  return {
    async find({ keyId }, query) {
      const key = keys.byId(keyId)!
      const own = upstreams.open(key, {})
      const waitsUntil = performance.now() + SETTLE_MS
      // The scope of the key decides whether the query needs another connection.
      await own.upstream.settled(SETTLE_MS)
      requireServed(keyId)
      const relayed = connectionFor(own, query)
      await relayed.upstream.settled(Math.max(0, waitsUntil - performance.now()))
      requireServed(keyId)
      return targetOf(relayed)
    },
    ofKey({ keyId }) {
      const { upstream, target } = upstreams.open(keys.byId(keyId)!, {})
      return upstream.refusal === undefined ? target : undefined
    },
    exists({ source }) {
      const upstream = upstreams.find(source)?.upstream
      return upstream !== undefined && upstream.refusal === undefined
    },
    async confirm({ source }, cursor) {
      const { upstream } = upstreams.find(source) ?? {}
      if (upstream === undefined || cursor === undefined) return undefined
      const isAhead = () => {
        const held = upstream.published?.ruleset
        return held?.epoch === cursor.epoch && cursor.version > held.version
      }
      if (!isAhead()) return upstream.lineage.contains(cursor) ? cursor : undefined
      const hasResponse = await upstream.catchUp(cursorText(cursor))
      // Without a response, the client keeps its ruleset: the relay may lag behind a kill.
      if (isAhead()) return hasResponse ? undefined : cursor
      return upstream.lineage.contains(cursor) ? cursor : undefined
    },
  }
}

/** @throws {FlaghoistError} the refusal of the upstream, or `UPSTREAM_UNREACHABLE` */
function targetOf(relayed: Relayed) {
  const { upstream, target } = relayed
  if (upstream.refusal !== undefined) throw upstream.refusal
  if (target === undefined) throw unreachable(relayed)
  return target
}

function unreachable({ upstream }: Relayed) {
  const { problem: reason = 'it has not responded yet' } = upstream.status()
  return problem('UPSTREAM_UNREACHABLE', { problem: reason })
}
