/** The errors of a relay, which serves the rulesets of another server. */
export const relayErrors = {
  KEY_NOT_RELAYED: {
    status: 401,
    message: 'This relay does not have the API key.',
    hint: 'Add the key to FLAGHOIST_UPSTREAM_KEYS of the relay, or use a key that it has.',
  },
  UPSTREAM_UNREACHABLE: {
    status: 503,
    message: 'The relay cannot reach its upstream, which this request needs: {problem}',
    hint: 'Check FLAGHOIST_UPSTREAM_URL of the relay, and the network between both.',
  },
  RELAY_BEHIND: {
    status: 503,
    message: 'The relay has version {version}, and the client holds version {least}.',
    hint: 'Keep the held ruleset and try again. The relay catches up once it reaches its upstream.',
  },
  RELAY_FULL: {
    status: 503,
    message: 'The relay has reached its limit of connections to the upstream: {count} are in use.',
    hint: 'Try again later, or use a key that is bound to the scope.',
  },
  UPSTREAM_TOO_FAST: {
    status: 503,
    message:
      'The upstream sent changes faster than the relay applies them: more than {limit} characters waited.',
    hint: 'Give the relay a faster processor if this happens often; it connects again by itself.',
  },
  RELAY_WITHOUT_ADMIN: {
    status: 404,
    message: 'A relay does not have the route {method} {path}.',
    hint: 'Send the request to the upstream, {upstream}.',
  },
} as const
