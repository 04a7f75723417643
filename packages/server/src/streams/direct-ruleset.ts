import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { directCaller } from '../http/direct-caller.ts'
import type { DirectRoute } from '../http/direct-routes.ts'
import { matchesEtag } from '../http/if-none-match.ts'
import type { SdkServices } from '../services.ts'
import { RULESET_ENCODINGS, rulesetHeaders } from './ruleset-headers.ts'

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
    const published = target && rulesets.ready(target)
    if (published === undefined) return false
    const headers = rulesetHeaders(published)
    if (matchesEtag(request.headers['if-none-match'], published.etag)) {
      send(PATH, response, { status: 304, headers })
      return true
    }
    if (!caller.isAdmitted()) return false
    const whole = { ...headers, 'content-type': 'application/json; charset=utf-8' }
    const encoding = acceptedEncoding(request.headers['accept-encoding'], RULESET_ENCODINGS)
    if (encoding === undefined)
      send(PATH, response, { status: 200, headers: whole, body: published.bytes })
    else
      published
        .compressed(encoding)
        .then((body) => {
          const headers = { ...whole, 'content-encoding': encoding }
          send(PATH, response, { status: 200, headers, body })
        })
        .catch(() => response.destroy())
    return true
  }
}
