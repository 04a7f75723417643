/** The errors of requests: their keys, their form and their limits. */
export const requestErrors = {
  KEY_MISSING: {
    status: 401,
    message: 'The request has no API key.',
    hint: 'Send it as "Authorization: Bearer <key>".',
  },
  KEY_UNKNOWN: {
    status: 401,
    message: 'The API key is unknown, expired or revoked, or its project was deleted.',
    hint: 'Check that you copied the whole key, or ask for a new one.',
  },
  SESSION_ENDED: {
    status: 401,
    message: 'The session has ended, or its API key is no longer valid.',
    hint: 'Sign in again with POST /api/v1/session.',
  },
  CSRF_TOKEN_REQUIRED: {
    status: 403,
    message: 'The {method} request has the cookie of a session, but not its CSRF token.',
    hint: 'Send the "csrfToken" of GET /api/v1/session in the header flaghoist-csrf.',
  },
  METRICS_TOKEN_REQUIRED: {
    status: 401,
    message: 'The request does not carry the token of the metrics.',
    hint: 'Send the value of FLAGHOIST_METRICS_TOKEN as "Authorization: Bearer <token>".',
  },
  KEY_UNCHECKED: {
    status: 503,
    message: 'The API key cannot be checked, because the log of a project is damaged.',
    hint: 'Restore the data folder from a backup. Keys of other projects still work.',
  },
  KEY_KIND_FORBIDDEN: {
    status: 403,
    message: 'A key of kind "{kind}" is not accepted here.',
    hint: 'Use a key of kind {wanted}.',
  },
  KEY_IN_BROWSER: {
    status: 403,
    message: 'A browser sent a server key (origin {origin}).',
    hint: 'Revoke the key, because every visitor can read it, and use a client key in browsers.',
  },
  PROJECT_KEY_REQUIRED: {
    status: 403,
    message: 'The key "{key}" is bound to {scope}; this request needs a key of {wanted}.',
    hint: 'Use a key of {wanted}.',
  },
  INSTANCE_RETIRED: {
    status: 403,
    message: 'The instance "{instance}" is retired, so its keys are refused.',
    hint: 'Set the status of the instance to active, or remove the key from the application.',
  },
  SCOPE_REQUIRED: {
    status: 400,
    message: 'The key is not bound to an environment, so the request must name a scope.',
    hint: 'Add ?scope=production, or ?scope=production/acme for an instance; in an SDK, set the options environment and instance.',
  },
  SCOPE_OUTSIDE_KEY: {
    status: 403,
    message: 'The scope "{scope}" is outside "{bound}", the scope of the key.',
    hint: 'Omit the scope, or use a key that is bound to it.',
  },
  REQUEST_INVALID: {
    status: 400,
    message: 'The request is invalid: {problem}',
    hint: 'Correct the request; /docs describes it.',
  },
  HTTP_INVALID: {
    status: 400,
    message: 'The request is not valid HTTP/1.1: {problem}.',
    hint: 'Encode all characters of the URL and of headers that are not ASCII; encodeURIComponent does it.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    message: 'The request did not arrive in time.',
    hint: 'Send the headers within 5 s and the whole request within 10 s.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    message: 'The URL and the headers of the request exceed 16 KiB.',
    hint: 'Shorten the URL, or remove cookies and other headers.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    message: 'There is no route {method} {path}.',
    hint: 'See /docs for all routes.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: '{path} does not support {method}.',
    hint: 'Use {allowed}.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: 'The request body exceeds the limit of {limit}.',
    hint: 'Send less data in one request.',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    status: 415,
    message: 'The Content-Type of the request must be application/json, but is {type}.',
    hint: 'Send Content-Type: application/json; in curl, add -H "content-type: application/json".',
  },
  ENCODING_UNKNOWN: {
    status: 415,
    message: 'The Content-Encoding "{encoding}" of the request body is not supported.',
    hint: 'Send the body with gzip, or uncompressed.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'This Idempotency-Key was used for a different request.',
    hint: 'Use a new Idempotency-Key for a new request, and the same one only for a retry.',
  },
  RATE_LIMITED: {
    status: 429,
    message: 'More than {limit} requests arrived in a minute from this key or address.',
    hint: 'Wait {seconds} s, then try again.',
  },
  STREAM_LIMIT: {
    status: 429,
    message: 'This key or address has reached the limit of {count} open streams.',
    hint: 'Use one SDK object per process, or poll /sdk/v1/ruleset.',
  },
  SERVER_CLOSING: {
    status: 503,
    message: 'The server is shutting down.',
    hint: 'Reconnect in a moment: another replica takes over, or this server restarts.',
  },
  INTERNAL: {
    status: 500,
    message: 'An unexpected error occurred in the server (request {requestId}).',
    hint: 'Search the server log for this request id. Flags are still served.',
  },
} as const
