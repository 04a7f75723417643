import { codeOnly, DEV, defineErrors, type ErrorFactory } from '@flaghoist/core/internal'

/** Everything that a client can say is wrong: thrown by `createFlags`, or found in `status().lastError`. */
export const clientErrors = {
  OPTION_UNKNOWN: {
    status: 400,
    message: 'createFlags has no option "{option}".',
    hint: '{suggestion}',
  },
  OPTION_INVALID: {
    status: 400,
    message: 'The option "{option}" is {given}.',
    hint: 'Give {expected}.',
  },
  SERVER_UNREACHABLE: {
    status: 503,
    message: 'The server cannot be reached: {problem}',
    hint: 'Check the url and the network. Flags are answered from what was last known.',
  },
  SERVER_SILENT: {
    status: 504,
    message: 'The server has not answered for {seconds} s.',
    hint: 'It is asked again. Flags are answered from what was last known.',
  },
  STREAM_BUFFERED: {
    status: 504,
    message: 'The stream was opened, but no event came through within {seconds} s.',
    hint: 'A proxy holds events back: turn its buffering off for /sdk/v1/stream. Until then the server is polled.',
  },
  KEY_REFUSED: {
    status: 401,
    message: 'The server refuses the key ({status}).',
    hint: 'Check that the key was copied whole, is not revoked, and is of kind server or client.',
  },
  SERVER_REFUSED: {
    status: 502,
    message: 'The server answered {status}.',
    hint: 'It is asked again. Flags are answered from what was last known.',
  },
  NOT_FLAGHOIST: {
    status: 502,
    message: 'What answers is no Flaghoist server: it sent {type}.',
    hint: 'Check the url; a proxy or a login page may stand between.',
  },
  REDIRECT_REFUSED: {
    status: 502,
    message: 'The server redirects to {location}.',
    hint: 'Set the url to where the server is: only three redirects are followed, and none to another origin, which would get the key.',
  },
  RESPONSE_TOO_LARGE: {
    status: 502,
    message: 'The server sent more than {limit} characters at once.',
    hint: 'Archive flags that are no longer used, or split the project.',
  },
  RULESET_REJECTED: {
    status: 502,
    message: 'What the server sent cannot be used: {problem}',
    hint: 'The last good ruleset stays. Look at the server.',
  },
} as const

export const clientError: ErrorFactory<typeof clientErrors> = DEV
  ? defineErrors(clientErrors)
  : codeOnly()
