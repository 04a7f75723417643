import { clientError } from './errors.ts'

/** How an attempt to get rulesets ended. */
export interface Ending {
  /**
   * `refused`: the key or the options are not good. `busy`: streams are not to be had here. `buffered`: events are held back. `resync`: what came
   * did not fit.
   */
  readonly kind: 'ended' | 'failed' | 'refused' | 'busy' | 'buffered' | 'resync'
  readonly error?: Error | undefined
  /** When the server wants to be asked again, ms. */
  readonly retryMs?: number | undefined
}

/** Several times what a ruleset may be, and little enough to be held. */
export const MOST_CHARACTERS = 32 * 1024 * 1024

export function silent(ms: number): Ending {
  return { kind: 'failed', error: clientError('SERVER_SILENT', { seconds: ms / 1_000 }) }
}

export function buffered(ms: number): Ending {
  return { kind: 'buffered', error: clientError('STREAM_BUFFERED', { seconds: ms / 1_000 }) }
}

export function tooLarge(): Ending {
  const error = clientError('RESPONSE_TOO_LARGE', { limit: MOST_CHARACTERS })
  return { kind: 'failed', error }
}

export function unreachable(cause: Error): Ending {
  // An error of ours says itself what is wrong.
  if ('hint' in cause) return { kind: 'failed', error: cause }
  const error = clientError('SERVER_UNREACHABLE', { problem: cause.message }, { cause })
  return { kind: 'failed', error }
}

export function rejected(cause: unknown): Error {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return clientError('RULESET_REJECTED', { problem }, { cause })
}
