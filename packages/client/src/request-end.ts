import { FlaghoistError } from '@flaghoist/core'
import { parseJson } from '@flaghoist/core/internal'
import { clientError } from './errors.ts'

/** The end of a ruleset request. */
export interface RequestEnd {
  /**
   * - `ended`: the response is complete.
   * - `failed`: a retry may work.
   * - `refused`: a retry fails until the key or the options are corrected.
   * - `busy`: the server offers no streams now.
   * - `buffered`: a proxy holds the events back.
   * - `resync`: a change did not fit the held ruleset.
   */
  readonly kind: 'ended' | 'failed' | 'refused' | 'busy' | 'buffered' | 'resync'
  readonly error?: Error | undefined
  /** Wait that the server asks for, ms; 0 if it asks for none. */
  readonly retryMs: number
}

/** A response that delivers no ruleset. */
export type Refusal = Required<Pick<RequestEnd, 'kind' | 'error'>>

/**
 * Returns the refusal that a response head means; undefined for the expected response.
 * @param type its Content-Type
 */
export function refusalOf(
  isStream: boolean,
  status: number,
  type = 'nothing',
): Refusal | undefined {
  if (status === 304) return undefined
  if (status !== 200) {
    const isBusy = status === 429 || status === 501
    // A timeout (408) and a replayed request (425) are worth another try.
    const isLasting = status >= 400 && status < 500 && status !== 408 && status !== 425
    const kind = isBusy ? 'busy' : isLasting ? 'refused' : 'failed'
    const isKey = [401, 403, 404].includes(status)
    const code =
      kind === 'refused' && isStream ? 'STREAM_REFUSED' : isKey ? 'KEY_REFUSED' : 'SERVER_REFUSED'
    return { kind, error: clientError(code, { status }) }
  }
  const expected = isStream ? /^text\/event-stream *(;|$)/i : /^application\/json *(;|$)/i
  if (expected.test(type)) return undefined
  return { kind: 'failed', error: clientError('NOT_FLAGHOIST', { type: type.slice(0, 100) }) }
}

/**
 * Returns the error that a Flaghoist server describes in an RFC 9457 problem; undefined for other
 * text.
 */
export function problemIn(text: string): FlaghoistError | undefined {
  const { status, code, detail, hint } = Object(parseJson(text)) as Record<string, unknown>
  if (typeof code !== 'string' || typeof detail !== 'string' || typeof hint !== 'string') return
  return new FlaghoistError(code, { status: Number(status), message: detail, hint })
}

/** Returns the error for a request that was cut off or never reached the server. */
export function unreachable(cause: Error): Error {
  // A Flaghoist error, such as a refused redirect, already explains itself.
  if ('hint' in cause) return cause
  return clientError('SERVER_UNREACHABLE', { problem: cause.message }, { cause })
}
