import { defineErrors, type ErrorFactory } from '@flaghoist/core'

/** Every error that the server answers with by itself. `docs/errors.md` is generated from it. */
export const serverErrors = {
  PROJECT_NOT_FOUND: {
    status: 404,
    message: 'There is no project "{project}" for this key.',
    hint: 'Check the spelling, or use a key of that project.',
  },
  PROJECT_EXISTS: {
    status: 409,
    message: 'There is a project "{project}" already.',
    hint: 'Choose another key.',
  },
  LOG_CONFLICT: {
    status: 409,
    message: 'Change {seq} does not follow the last change {version} of project "{project}".',
    hint: 'Another process writes to the same store. Stop one of them.',
  },
  LOG_CORRUPT: {
    status: 500,
    message: 'The log of project "{project}" is damaged at change {seq}: {problem}',
    hint: 'Restore the data folder from a backup. Running SDKs keep what they have.',
  },
  STORE_LOCKED: {
    status: 503,
    message: 'Another server uses the data folder {folder}.',
    hint: 'Stop the other server, or give this one another FLAGHOIST_DATA_DIR.',
  },
  STORE_FULL: {
    status: 503,
    message: 'The disk of the store is full; nothing was written.',
    hint: 'Free space on the disk and try again. Flags are served all the same.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The store cannot be written to: {problem}',
    hint: 'Look at the disk of the data folder. Flags are served all the same.',
  },
  SCOPE_FORBIDDEN: {
    status: 403,
    message: 'The key "{key}" is bound to {scope} and cannot change {entity}.',
    hint: 'Use a key of the whole project, or change a layer within {scope}.',
  },
  VERSION_CONFLICT: {
    status: 409,
    message: 'It was changed since you read it: you saw version {expected}, now it is {current}.',
    hint: 'Read it again, apply your change to what is there now, and send it with the new ETag.',
  },
  INVALID_CHANGE: {
    status: 422,
    message: 'The change was not made: {problem}',
    hint: 'Mend what "issues" names and send it again.',
  },
  REVERT_CONFLICT: {
    status: 409,
    message: 'Change {seq} cannot be reverted: {entities} was changed again since.',
    hint: 'Revert the later changes first, or set the values that you want.',
  },
  REVERT_FORBIDDEN: {
    status: 422,
    message: 'Change {seq} is about API keys and cannot be reverted.',
    hint: 'Revoke the key, or make a new one.',
  },
  CHANGE_NOT_FOUND: {
    status: 404,
    message: 'There is no change {seq} in project "{project}".',
    hint: 'List the changes of the project for the numbers that there are.',
  },
  ENTITY_NOT_FOUND: {
    status: 404,
    message: 'There is no {kind} "{key}".',
    hint: 'Check the spelling, or create it first.',
  },
  ENTITY_EXISTS: {
    status: 409,
    message: 'There is a {kind} "{key}" already.',
    hint: 'Choose another key, or change the one that is there.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'The Idempotency-Key was used for another request.',
    hint: 'Use a new Idempotency-Key for a new request, and the same one only for a retry.',
  },
  KEY_MISSING: {
    status: 401,
    message: 'The request has no API key.',
    hint: 'Send it as "Authorization: Bearer <key>".',
  },
  KEY_UNKNOWN: {
    status: 401,
    message: 'The API key is unknown, expired or revoked.',
    hint: 'Check that it was copied whole, or ask for a new one.',
  },
  KEY_KIND_FORBIDDEN: {
    status: 403,
    message: 'A key of kind "{kind}" cannot be used here.',
    hint: 'Use a key of kind {wanted}.',
  },
  KEY_IN_BROWSER: {
    status: 403,
    message: 'A server key was sent from a browser ({origin}).',
    hint: 'Revoke it, since whoever opened the page can read it, and use a client key there.',
  },
  PROJECT_KEY_REQUIRED: {
    status: 403,
    message: 'The key "{key}" is bound to {scope}; this needs a key of {wanted}.',
    hint: 'Use such a key.',
  },
  SCOPE_REQUIRED: {
    status: 400,
    message: 'The key is not bound to an environment, so the request has to name one.',
    hint: 'Add ?scope=production, or ?scope=production/acme for an instance; in an SDK, set the options environment and instance.',
  },
  SCOPE_OUTSIDE_KEY: {
    status: 403,
    message: 'The scope "{scope}" is not within the "{bound}" that the key is bound to.',
    hint: 'Leave the scope out, or use a key that is bound to it.',
  },
  REQUEST_INVALID: {
    status: 400,
    message: 'The request is not understood: {problem}',
    hint: 'Mend what "issues" names; /docs describes every request.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    message: 'There is no {method} {path}.',
    hint: 'See /docs for what there is.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: '{path} cannot be asked with {method}.',
    hint: 'Use {allowed}.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: 'The request body is larger than the {limit} bytes allowed here.',
    hint: 'Send less at once.',
  },
  ENCODING_UNKNOWN: {
    status: 415,
    message: 'The request body has the Content-Encoding "{encoding}", which is not understood.',
    hint: 'Send it with gzip, or as it is.',
  },
  RATE_LIMITED: {
    status: 429,
    message: 'This key sent more than {limit} requests in a minute.',
    hint: 'Wait {seconds} s, then try again.',
  },
  INTERNAL: {
    status: 500,
    message: 'Something went wrong in the server (request {requestId}).',
    hint: 'Look for this request in the server log. Flags are served all the same.',
  },
  STREAM_LIMIT: {
    status: 429,
    message: 'This key has {count} open streams, which is the limit.',
    hint: 'Use one SDK object in each process; or poll /sdk/v1/ruleset.',
  },
  SERVER_CLOSING: {
    status: 503,
    message: 'The server is shutting down.',
    hint: 'Connect again in a moment: another one takes over, or this one comes back.',
  },
  NOT_ON_SCOPE: {
    status: 409,
    message: 'The flag "{flag}" stays killed in {scope}: it is killed for {outer}.',
    hint: 'Restore it for {outer}, or without naming scopes.',
  },
} as const

export const problem: ErrorFactory<typeof serverErrors> = defineErrors(serverErrors)
