import { directCaller } from '../http/direct-caller.ts'
import type { DirectRoute } from '../http/direct-routes.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import type { SdkServices } from '../services.ts'
import { rulesetEncoding, rulesetHeaders, wholeHeaders } from './ruleset-headers.ts'

const PATH = '/sdk/v1/ruleset'

/** Sends the ruleset of a key without the router. */
export function directRuleset(services: SdkServices): DirectRoute {
  const { targets, rulesets } = services
  const callerOf = directCaller(services)
  return (request, response, send) => {
    if (request.url !== PATH || request.method !== 'GET') return false
    const caller = callerOf(request)
    if (caller === undefined) return false
    const target = targets.ofKey(caller.principal)
    if (target === undefined) return false
    const preparation = rulesets.prepare(target)
    if (preparation !== undefined) return preparation
    const published = rulesets.current(target)
    const headers = rulesetHeaders(published)
    if (matchesEtag(request.headers['if-none-match'], published.etag)) {
      send(PATH, response, { status: 304, headers })
      return true
    }
    if (!caller.isAdmitted()) return false
    const encoding = rulesetEncoding(request.headers)
    const whole = { ...headers, ...wholeHeaders(encoding) }
    published
      .encoded(encoding)
      .then((body) => send(PATH, response, { status: 200, headers: whole, body }))
      .catch(() => response.destroy())
    return true
  }
}
