import { clientError } from './errors.ts'
import { retryAfterMs } from './http.ts'
import type { HttpHandlers } from './platform.ts'

/** How an attempt to get rulesets ended. */
export interface Ending {
  /**
   * `refused`: the key is not good. `busy`: streams are not to be had here. `buffered`: events are held back. `resync`: what came
   * did not fit.
   */
  readonly kind: 'ended' | 'failed' | 'refused' | 'busy' | 'buffered' | 'resync'
  readonly error?: Error | undefined
  /** When the server wants to be asked again, ms. */
  readonly retryMs?: number | undefined
}

/** Several times what a ruleset may be, and little enough to be held. */
export const MOST_CHARACTERS = 32 * 1024 * 1024

/** What an answer means that is not the one wanted; undefined for the one wanted. */
export function refusalOf(
  [status, header]: Parameters<HttpHandlers['onHead']>,
  type: string,
  now: number,
): Ending | undefined {
  const retryMs = retryAfterMs(header('retry-after'), now)
  if (status === 401 || status === 403 || status === 404)
    return { kind: 'refused', error: clientError('KEY_REFUSED', { status }), retryMs }
  if (status !== 200) {
    const kind = status === 429 || status === 501 ? 'busy' : 'failed'
    return { kind, error: clientError('SERVER_REFUSED', { status }), retryMs }
  }
  const got = header('content-type') ?? 'nothing'
  if (got.startsWith(type)) return undefined
  return { kind: 'failed', error: clientError('NOT_FLAGHOIST', { type: got.slice(0, 100) }) }
}

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
