import { FlaghoistError } from '@flaghoist/core'
import type { Attempt } from './attempt.ts'
import type { Ending } from './ending.ts'
import { clientError } from './errors.ts'
import { retryAfterMs } from './http.ts'
import type { HttpHandlers, Platform } from './platform.ts'

/** Refusals that last until somebody mends the options or the key. */
const LASTING: ReadonlySet<number> = new Set([400, 401, 403, 404])
/** What a server may say of a refusal, in characters. */
const MOST_REASON = 16_384

/**
 * Handlers that hear of an answer of the wanted content type alone, and of a 304. Any other ends the attempt: with the reason that a
 * Flaghoist server gives, which knows best what is wrong.
 */
export function refusing(
  attempt: Attempt,
  platform: Platform,
  type: string,
  on: HttpHandlers,
): HttpHandlers {
  let refusal: Ending | undefined
  let reason = ''

  return {
    onHead(status, header) {
      refusal = refusalOf([status, header], type, platform.now())
      if (refusal === undefined) on.onHead(status, header)
      else if (!header('content-type')?.startsWith('application/problem+json')) attempt.end(refusal)
    },
    onText(text) {
      if (refusal === undefined) return on.onText(text)
      reason += text
      if (reason.length > MOST_REASON) attempt.end(refusal)
    },
    onEnd(error) {
      if (refusal === undefined) return on.onEnd(error)
      attempt.end({ ...refusal, error: problemIn(reason) ?? refusal.error })
    },
  }
}

/** What an answer means that is not the one wanted; undefined for the one wanted. */
function refusalOf(
  [status, header]: Parameters<HttpHandlers['onHead']>,
  type: string,
  now: number,
): Ending | undefined {
  if (status === 304) return undefined
  const retryMs = retryAfterMs(header('retry-after'), now)
  if (LASTING.has(status)) {
    const code = status === 400 ? 'SERVER_REFUSED' : 'KEY_REFUSED'
    return { kind: 'refused', error: clientError(code, { status }), retryMs }
  }
  if (status !== 200) {
    const kind = status === 429 || status === 501 ? 'busy' : 'failed'
    return { kind, error: clientError('SERVER_REFUSED', { status }), retryMs }
  }
  const got = header('content-type') ?? 'nothing'
  if (got.startsWith(type)) return undefined
  return { kind: 'failed', error: clientError('NOT_FLAGHOIST', { type: got.slice(0, 100) }) }
}

/** The error that a problem of RFC 9457 tells of, if it is one of a Flaghoist server. */
function problemIn(text: string): Error | undefined {
  try {
    const { status, code, detail, hint } = JSON.parse(text) as Record<string, unknown>
    if (typeof code !== 'string' || typeof detail !== 'string' || typeof hint !== 'string') return
    return new FlaghoistError(code, { status: Number(status), message: detail, hint })
  } catch {
    return undefined
  }
}
