import { directCaller } from '../http/direct-caller.ts'
import type { DirectRoute } from '../http/direct-routes.ts'
import type { Router } from '../http/router.ts'
import { namedIdentity } from '../http/sdk-identity.ts'
import { type Cursor, parseCursor } from '../rulesets/cursor.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'
import { isAt } from './patch-ring.ts'
import { streamEncoding } from './stream-encoding.ts'

const PATH = '/sdk/v1/stream'

/** Opens the stream of an SDK without the router, so that a storm of reconnects is short. */
export function directStream(router: Router, services: SdkServices): DirectRoute {
  const { targets, rulesets, hub, addressOf } = services
  const callerOf = directCaller(services)
  /** Confirms a cursor without the log: most clients of a storm hold the current version. */
  const isCurrent = (target: RulesetTarget, cursor: Cursor | undefined) => {
    if (cursor === undefined) return true
    const { ruleset } = rulesets.current(target)
    return cursor.epoch === ruleset.epoch && isAt(cursor, ruleset)
  }
  return (request, response) => {
    if (request.url !== PATH || request.method !== 'GET') return false
    const { headers, socket } = request
    const sdk = namedIdentity(headers)
    const caller = callerOf(request)
    if (sdk === undefined || caller === undefined) return false
    const { keyId } = caller.principal
    const target = targets.ofKey(caller.principal)
    if (target === undefined) return false
    const { audience } = target
    // Asking the system for the address costs as much as the rest of these checks.
    const address =
      audience === 'client' ? addressOf({ headers, ip: socket.remoteAddress ?? '' }) : undefined
    hub.requireRoom({ keyId, address, audience })
    if (!caller.isAdmitted()) return false
    const encoding = streamEncoding(headers['accept-encoding'])
    const cursor = parseCursor(headers['last-event-id'] as string | undefined)
    const open = (since: Cursor | undefined) =>
      hub.open({ response, target, encoding, keyId, address, sdk, since })
    const openLater = async () => {
      const since = cursor && (await targets.confirm(target, cursor))
      await hub.prepare(target, encoding, since)
      open(since)
    }
    // A stream behind another response is refused, and needs no preparation.
    const isReady =
      response.socket === null ||
      (hub.prepare(target, encoding, cursor) === undefined && isCurrent(target, cursor))
    if (isReady) open(cursor)
    else openLater().catch(() => router.route(request, response, { isCounted: true }))
    return true
  }
}
