import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { acceptedEncoding } from '../http/accepted-encoding.ts'
import { JSON_TYPE } from '../http/json-type.ts'
import type { Encoding, PublishedRuleset } from '../rulesets/rulesets.ts'

/** The request headers that a response depends on. Set here, because CORS adds nothing to it. */
export const VARY = 'Accept-Encoding, Authorization, X-API-Key, Origin'

/** Returns the headers of every response about a ruleset, whether it changed or not. */
export function rulesetHeaders({ etag }: PublishedRuleset): OutgoingHttpHeaders {
  return { etag, 'cache-control': 'no-cache', vary: VARY }
}

/** Returns the headers of a response with a ruleset, besides {@link rulesetHeaders}. */
export function wholeHeaders(encoding: Encoding): OutgoingHttpHeaders {
  const type = { 'content-type': JSON_TYPE }
  return encoding === 'identity' ? type : { ...type, 'content-encoding': encoding }
}

/** Returns the best encoding of a ruleset that a client accepts. */
export function rulesetEncoding(headers: IncomingHttpHeaders): Encoding {
  return acceptedEncoding(headers['accept-encoding'], COMPRESSIONS) ?? 'identity'
}

/** Best first. */
const COMPRESSIONS = ['br', 'gzip'] as const
