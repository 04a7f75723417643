import { defineErrors, type ErrorFactory } from '@flaghoist/core/internal'

/** The errors of the server. `docs/errors.md` is generated from this table. */
export const serverErrors = {
  PROJECT_NOT_FOUND: {
    status: 404,
    message: 'There is no project "{project}" for this key.',
    hint: 'Check the spelling, or use a key of that project.',
  },
  PROJECT_EXISTS: {
    status: 409,
    message: 'The project "{project}" already exists.',
    hint: 'Choose another key.',
  },
  PROJECT_HOLDS_KEYS: {
    status: 409,
    message: 'Project "{project}" holds keys that are valid for all projects: {keys}.',
    hint: 'Create an admin key with allProjects in another project, then revoke these keys with it.',
  },
  CONFIRMATION_REQUIRED: {
    status: 400,
    message: 'A deletion of project "{project}" must be confirmed; the request has {given}.',
    hint: 'Add ?confirm={project} to delete the project with its log, keys and counts.',
  },
  LOG_CONFLICT: {
    status: 409,
    message: 'Change {seq} of project "{project}" lost to another writer; the log is at {version}.',
    hint: 'Send the request again.',
  },
  LOG_CORRUPT: {
    status: 503,
    message: 'The log of project "{project}" is damaged at change {seq}: {problem}',
    hint: 'Restore the data folder from a backup. SDKs keep their last valid ruleset.',
  },
  STORE_LOCKED: {
    status: 503,
    message: 'Another server uses the data folder {folder}.',
    hint: 'Stop the other server, or set FLAGHOIST_DATA_DIR to another folder.',
  },
  STORE_FULL: {
    status: 503,
    message: 'The disk of the data folder is full; nothing was stored.',
    hint: 'Free disk space and try again. A running server still serves flags and accepts kills.',
  },
  STORE_READ_ONLY: {
    status: 503,
    message: 'The data folder is read-only, so nothing can be stored: {problem}.',
    hint: 'Make the folder writable for the server, then restart it. Flags are still served.',
  },
  STORE_DAMAGED: {
    status: 503,
    message: 'The database file is damaged: {problem}.',
    hint: 'Restore the data folder from a backup. SDKs keep their last valid ruleset.',
  },
  STORE_FOREIGN: {
    status: 503,
    message: 'The file flaghoist.db is not a database of Flaghoist: {problem}.',
    hint: 'Set FLAGHOIST_DATA_DIR to another folder, or restore the file from a backup.',
  },
  STORE_TOO_NEW: {
    status: 503,
    message:
      'The data folder was written by a newer Flaghoist (schema {found}; this version supports {known}).',
    hint: 'Start the newer version, or restore a backup that this version made. Later changes are lost then.',
  },
  EVENTS_PAUSED: {
    status: 503,
    message: 'The disk has less than {space} of free space; exposures and outcomes are not stored.',
    hint: 'Free disk space, or lower FLAGHOIST_MIN_FREE_BYTES. Flags and kills still work.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The store cannot be read or written: {problem}.',
    hint: 'Check the disk and the permissions of the data folder. A running server still serves flags.',
  },
  BACKUP_EXISTS: {
    status: 409,
    message: 'The file {file} already exists, and a backup never overwrites one.',
    hint: 'Choose another name, or remove the file.',
  },
  BACKUP_SPACE: {
    status: 503,
    message: 'A backup in {folder} needs {needed}, but only {free} is free.',
    hint: 'Free disk space, or run flaghoist-server backup FILE with a file on another disk.',
  },
  BACKUP_RUNNING: {
    status: 409,
    message: 'Another backup is being made.',
    hint: 'Wait until it is complete, then send the request again.',
  },
  BACKUP_OF_MEMORY: {
    status: 409,
    message: 'This server keeps its data in memory, so it has nothing to back up.',
    hint: 'Set FLAGHOIST_DATA_DIR to a folder, and restart the server.',
  },
  SCOPE_FORBIDDEN: {
    status: 403,
    message: 'The key "{key}" is bound to {scope} and cannot change {entity}.',
    hint: 'Use a key of the whole project, or change a layer within {scope}.',
  },
  VERSION_CONFLICT: {
    status: 409,
    message:
      'The entity has changed since you read it: you read version {expected}, the current one is {current}.',
    hint: 'Read it again, apply your change to the current version, and send it with the new ETag.',
  },
  ENVIRONMENT_PROTECTED: {
    status: 428,
    message: 'The environment "{environment}" is protected: the write needs {missing}.',
    hint: 'Send the ETag that you read as If-Match ("0" for a new layer), and add ?reason=… to the URL.',
  },
  INSTANCE_PAUSED: {
    status: 409,
    message:
      'The instance "{instance}" is paused, and the write affects the flag "{flag}" in {scope}.',
    hint: 'Set the status of the instance to active, or set the current settings in {scope} first.',
  },
  OVERRIDE_REFUSED: {
    status: 403,
    message: 'The override is refused: {problem}',
    hint: 'Create a key of kind override with POST /api/v1/projects/{project}/keys. Allow overrides with "overrides": true in PATCH /api/v1/projects/{project}/environments/{environment}.',
  },
  SCOPE_FROZEN: {
    status: 409,
    message:
      'The freeze "{freeze}" applies in {scope} {until}, and the write affects the flag "{flag}" there.',
    hint: 'Wait until the freeze ends, or add ?override=freeze&reason=… to the URL.',
  },
  INVALID_CHANGE: {
    status: 422,
    message: 'The change was rejected: {problem}',
    hint: 'Fix the members that "issues" names and send the request again.',
  },
  FLAG_SERVES_NOTHING: {
    status: 422,
    message: 'The {type} flag "{flag}" has nothing to serve in {scope}, but "on" is true there.',
    hint: 'Add a "rollout", "rules", or a "fallthrough" such as {serve} to the layer.',
  },
  ROLLOUT_WITHOUT_EFFECT: {
    status: 422,
    message:
      'The {step} of flag "{flag}" has no effect in {scope}: it serves "{variant}", and so does the fallthrough.',
    hint: 'Set "fallthrough" to another serve, such as {serve}. To serve "{variant}" to all units, remove the rules and the rollout instead.',
  },
  REVERT_CONFLICT: {
    status: 409,
    message:
      'Change {seq} cannot be reverted, because these entities have changed since: {entities}.',
    hint: 'Revert the later changes first, or set the values directly.',
  },
  REVERT_FORBIDDEN: {
    status: 422,
    message: 'Change {seq} edits {entities} and cannot be reverted.',
    hint: '{cure}',
  },
  CHANGE_NOT_FOUND: {
    status: 404,
    message: 'There is no change {seq} in project "{project}".',
    hint: "List the project's changes to find a valid number.",
  },
  ENTITY_NOT_FOUND: {
    status: 404,
    message: 'There is no {kind} "{key}".',
    hint: 'Check the spelling, or create it first.',
  },
  FLAG_KEY_CASE: {
    status: 409,
    message: 'The flag key "{key}" differs from "{existing}" only by case.',
    hint: 'Use "{existing}", or choose a key that differs by more than case.',
  },
  ENTITY_EXISTS: {
    status: 409,
    message: 'The {kind} "{key}" already exists.',
    hint: 'Choose another key, or update the existing {kind}.',
  },
  ENTITY_BUILT_IN: {
    status: 409,
    message: 'The {kind} "{key}" is built in and cannot be deleted.',
    hint: 'Change it with PATCH. Deleting it afterwards restores the built-in one.',
  },
  ROLLOUT_OVERLAPS: {
    status: 409,
    message: 'The rollout "{rollout}" of flag "{flag}" is in progress in "{environment}".',
    hint: 'Wait for its end, or abort it: POST …/rollouts/{rollout}/abort.',
  },
  ROLLOUT_UNSUITABLE: {
    status: 422,
    message: 'Flag "{flag}" cannot be rolled out: {cause}.',
    hint: 'Change the flag or the request.',
  },
  ROLLOUT_RUNNING: {
    status: 409,
    message: 'The rollout "{rollout}" in progress needs the {entity}.',
    hint: 'Wait for its end, or abort it: POST …/rollouts/{rollout}/abort.',
  },
  ROLLOUT_ENDED: {
    status: 409,
    message: 'The rollout "{rollout}" has ended: {status}.',
    hint: 'Start a new rollout: POST …/rollouts.',
  },
  RUN_CHANGED_BY_HAND: {
    status: 409,
    message: 'A person changed the layers of {scopes} during the rollout.',
    hint: 'Use "adopt" to continue from them, or "resume" to put the rollout back.',
  },
  WAVE_EMPTY: {
    status: 422,
    message: 'Wave "{wave}" selects no instance.',
    hint: 'Correct its keys or tags, or tag the instances first.',
  },
  SCOPE_NOT_FOUND: {
    status: 404,
    message: 'There is no scope "{scope}" in this project.',
    hint: 'Check the spelling, or create the environment or the instance first.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'This Idempotency-Key was used for a different request.',
    hint: 'Use a new Idempotency-Key for a new request, and the same one only for a retry.',
  },
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
  KEY_UNCHECKED: {
    status: 503,
    message: 'The API key cannot be checked, because the log of a project is damaged.',
    hint: 'Restore the data folder from a backup. Keys of other projects still work.',
  },
  INSTANCE_RETIRED: {
    status: 403,
    message: 'The instance "{instance}" is retired, so its keys are refused.',
    hint: 'Set the status of the instance to active, or remove the key from the application.',
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
  RATE_LIMITED: {
    status: 429,
    message: 'More than {limit} requests arrived in a minute from this key or address.',
    hint: 'Wait {seconds} s, then try again.',
  },
  INTERNAL: {
    status: 500,
    message: 'An unexpected error occurred in the server (request {requestId}).',
    hint: 'Search the server log for this request id. Flags are still served.',
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
  SECRET_CHANGED: {
    status: 409,
    message: 'This server cannot decrypt the URL, because another secret encrypted it.',
    hint: 'Start the server with the former FLAGHOIST_SECRET, or set the "url" again.',
  },
  URL_FORBIDDEN: {
    status: 422,
    message: 'Messages cannot be sent to this URL: {problem}',
    hint: 'Use a public https:// URL, or add the host to FLAGHOIST_PRIVATE_WEBHOOK_HOSTS.',
  },
  DELIVERY_NOT_FAILED: {
    status: 409,
    message: 'The delivery "{id}" is {state}, so it cannot be sent again.',
    hint: 'Send a test message: POST …/subscriptions/{key}/test.',
  },
  NOT_ON_SCOPE: {
    status: 409,
    message: 'The flag "{flag}" stays killed in {scope}, because it is killed for {outer}.',
    hint: 'Restore it for {outer}, or omit the scopes.',
  },
} as const

export const problem: ErrorFactory<typeof serverErrors> = defineErrors(serverErrors)
