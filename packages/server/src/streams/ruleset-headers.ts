import type { OutgoingHttpHeaders } from 'node:http'
import type { Encoding, PublishedRuleset } from '../rulesets/rulesets.ts'

/** The request headers that a response depends on. Set here, because CORS adds nothing to it. */
export const VARY = 'Accept-Encoding, Authorization, X-API-Key, Origin'

/** The encodings of a ruleset, best first. */
export const RULESET_ENCODINGS: readonly Encoding[] = ['br', 'gzip']

/** Returns the headers of every response about a ruleset, whether it changed or not. */
export function rulesetHeaders({ etag }: PublishedRuleset): OutgoingHttpHeaders {
  return { etag, 'cache-control': 'no-cache', vary: VARY }
}
