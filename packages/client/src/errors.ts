import { codeOnly, DEV, defineErrors, type ErrorFactory } from '@flaghoist/core/internal'

/** The errors of a client, shown in `status().lastError` or as a warning. */
export const clientErrors = {
  OPTION_UNKNOWN: {
    status: 400,
    message: 'createFlags has no option "{option}".',
    hint: '{suggestion}',
  },
  OPTION_INVALID: {
    status: 400,
    message: 'The option "{option}" is {given}.',
    hint: 'Set {option} to {expected}. Until then {effect}.',
  },
  SERVER_UNREACHABLE: {
    status: 503,
    message: 'The server cannot be reached ({problem}).',
    hint: 'Check the url and the network. The last known ruleset stays in use.',
  },
  SERVER_SILENT: {
    status: 504,
    message: 'The server has sent nothing for {seconds} s.',
    hint: 'Check the network; the client reconnects. The last known ruleset stays in use.',
  },
  STREAM_BUFFERED: {
    status: 504,
    message: 'The stream is open, but no event arrived within {seconds} s.',
    hint: 'Turn off response buffering for /sdk/v1/stream in the proxy. Until then the client polls.',
  },
  STREAM_REFUSED: {
    status: 502,
    message: 'The server or a proxy refused the stream with status {status}.',
    hint: 'Allow GET /sdk/v1/stream in the proxy. Until then the client polls.',
  },
  KEY_REFUSED: {
    status: 401,
    message: 'The server refused the key ({status}).',
    hint: 'Check that the key is complete, not revoked, and of kind server or client.',
  },
  SERVER_REFUSED: {
    status: 502,
    message: 'The server responded with status {status}.',
    hint: 'Check the server; the client retries. The last known ruleset stays in use.',
  },
  NOT_FLAGHOIST: {
    status: 502,
    message: 'This URL does not point to a Flaghoist server: it returned Content-Type {type}.',
    hint: 'Check the url, and whether a proxy or a login page responds in its place.',
  },
  REDIRECT_REFUSED: {
    status: 502,
    message: 'The server redirects to {location}, which the client does not follow.',
    hint: 'Set url to the final address. The client follows at most three redirects, and never sends its key to another origin.',
  },
  RESPONSE_TOO_LARGE: {
    status: 502,
    message: 'The server sent more than {limit} characters at once.',
    hint: 'Archive flags that are no longer used, or split the project.',
  },
  RULESET_REJECTED: {
    status: 502,
    message: 'The server sent a ruleset that cannot be used: {problem}',
    hint: 'Check the server log. The last valid ruleset stays in use.',
  },
} as const

export const clientError: ErrorFactory<typeof clientErrors> = DEV
  ? defineErrors(clientErrors)
  : codeOnly()
