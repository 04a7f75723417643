import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { directCaller } from '../http/direct-caller.ts'
import { type DirectRoute, sendDirectly } from '../http/direct-routes.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import { targetOf } from '../rulesets/target.ts'
import type { Services } from '../services.ts'
import { RULESET_ENCODINGS, rulesetHeaders } from './ruleset-headers.ts'

/** Sends the ruleset of a key without the router. */
export function directRuleset(services: Services): DirectRoute {
  const { projects, rulesets } = services
  const callerOf = directCaller(services)
  return (request, response) => {
    if (request.url !== '/sdk/v1/ruleset' || request.method !== 'GET') return false
    const caller = callerOf(request)
    if (caller === undefined) return false
    const published = rulesets.current(targetOf(projects, caller.principal, {}))
    const headers = rulesetHeaders(published)
    if (matchesEtag(request.headers['if-none-match'], published.etag)) {
      sendDirectly(response, 304, headers)
      return true
    }
    if (!caller.isAdmitted()) return false
    const whole = { ...headers, 'content-type': 'application/json; charset=utf-8' }
    const encoding = acceptedEncoding(request.headers['accept-encoding'], RULESET_ENCODINGS)
    if (encoding === undefined) sendDirectly(response, 200, whole, published.bytes)
    else
      published.compressed(encoding).then(
        (bytes) => sendDirectly(response, 200, { ...whole, 'content-encoding': encoding }, bytes),
        () => response.destroy(),
      )
    return true
  }
}
