import { DEV, FlaghoistError, type Ruleset, type RulesetPatch } from '@flaghoist/core'
import { clientError } from './errors.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { retryAfterMs } from './retry.ts'
import type { Fits, Heartbeat, RulesetStore } from './ruleset-store.ts'
import { createSilenceWatchdog } from './silence-watchdog.ts'
import { createSseParser } from './sse.ts'

/** What the requests of one client have in common. */
export interface Endpoint {
  readonly platform: Platform
  readonly store: RulesetStore
  readonly request: (path: string, query?: string) => HttpRequest
}

/** The end of a ruleset request. */
export interface RequestEnd {
  /**
   * `refused`: the key or the options are not good. `busy`: streams are not to be had here. `buffered`: events are held back.
   * `resync`: what came did not fit.
   */
  readonly kind: 'ended' | 'failed' | 'refused' | 'busy' | 'buffered' | 'resync'
  readonly error?: Error | undefined
  /** When the server wants to be asked again, ms; 0 where it does not say. */
  readonly retryMs: number
}

export interface RulesetRequestHandlers {
  /** Something usable came: the connection works. */
  onHeard(etag?: string): void
  /** Called once, unless the request was cancelled. */
  onEnd(ending: RequestEnd): void
}

/** Until a response, or the first event of a stream, has come. */
const FIRST_FRAME_MS = 5_000
/** Without a byte, where some have come or a whole ruleset is fetched. */
const SILENCE_MS = 20_000
/** Several times what a ruleset may be, and little enough to be held; what a server may say of a refusal. */
const MAX_RESPONSE_CHARACTERS = 32 * 1024 * 1024
const MAX_PROBLEM_CHARACTERS = 16_384

/**
 * Runs one ruleset request to completion. Returns a function that cancels it.
 * @param known what is held: the version for a stream, the ETag for a poll; undefined asks for everything
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one request; each of its handlers is short.
export function requestRuleset(
  { platform, store, request }: Endpoint,
  isStream: boolean,
  known: string | undefined,
  { onHeard, onEnd }: RulesetRequestHandlers,
): () => void {
  let isOver = false
  let hasHead = false
  let hasEvent = false
  let isUnchanged = false
  let refusal: Pick<RequestEnd, 'kind' | 'error'> | undefined
  let etag: string | undefined
  let retryMs = 0
  let text = ''
  let pending = 0
  let abort = () => {}

  const cancel = () => {
    isOver = true
    silence.stop()
    abort()
  }
  const end = (kind: RequestEnd['kind'], error?: Error) => {
    if (isOver) return
    cancel()
    onEnd({ kind, error, retryMs })
  }
  /** Gives what came to the store. @returns whether the request goes on */
  const take = (put: () => Fits): boolean => {
    let error: Error | undefined
    try {
      if (put()) return !isOver // A listener may have closed the client.
    } catch (cause) {
      const problem = (cause as Error).message
      error = clientError('RULESET_REJECTED', { problem }, { cause })
    }
    end(isStream ? 'resync' : 'failed', error)
    return false
  }
  const silence = createSilenceWatchdog(platform)
  const expect = (ms: number) =>
    silence.start(ms, () => {
      const isBuffered = isStream && hasHead && !hasEvent
      const code = isBuffered ? 'STREAM_BUFFERED' : 'SERVER_SILENT'
      end(isBuffered ? 'buffered' : 'failed', clientError(code, { seconds: ms / 1_000 }))
    })
  const receive = createSseParser({
    onRetry(ms) {
      retryMs = ms
    },
    onEvent(type, data) {
      if (isOver) return // The rest of the piece that ended it.
      pending = 0
      hasEvent = true
      let isKnown = true
      const goesOn = take(() => {
        if (type === 'put') return store.put(JSON.parse(data) as Ruleset, 'server')
        if (type === 'patch') return store.patch(JSON.parse(data) as RulesetPatch)
        if (type === 'heartbeat') return store.check(JSON.parse(data) as Heartbeat)
        isKnown = false // Of a later version of the protocol.
        return true
      })
      if (!goesOn) return
      expect(SILENCE_MS)
      if (isKnown) onHeard()
    },
  })

  expect(isStream ? FIRST_FRAME_MS : SILENCE_MS)
  const query = isStream && known !== undefined ? `since=${encodeURIComponent(known)}` : ''
  const plain = request(isStream ? '/sdk/v1/stream' : '/sdk/v1/ruleset', query)
  const isConditional = !isStream && known !== undefined
  abort = platform.request(
    { ...plain, headers: { ...plain.headers, ...(isConditional && { 'if-none-match': known }) } },
    {
      onHead(status, header) {
        hasHead = true
        isUnchanged = status === 304
        etag = header('etag')
        refusal = refusalOf(status, header('content-type'), isStream)
        if (refusal === undefined) return
        retryMs = retryAfterMs(header('retry-after'), platform.now())
        // Only who explains errors reads what the server says of them.
        if (!DEV || !header('content-type')?.startsWith('application/problem+json'))
          end(refusal.kind, refusal.error)
      },
      onText(piece) {
        silence.touch()
        pending += piece.length
        if (DEV && refusal && pending > MAX_PROBLEM_CHARACTERS) end(refusal.kind, refusal.error)
        else if (pending > MAX_RESPONSE_CHARACTERS)
          end('failed', clientError('RESPONSE_TOO_LARGE', { limit: MAX_RESPONSE_CHARACTERS }))
        else if (isStream && !(DEV && refusal)) receive(piece)
        else text += piece
      },
      onEnd(error) {
        if (DEV && refusal) end(refusal.kind, problemIn(text) ?? refusal.error)
        else if (error) end('failed', unreachable(error))
        else if (isStream && !hasEvent)
          end('failed', unreachable(new Error('the stream ended before its first event')))
        else if (isStream) end('ended')
        else if (take(() => isUnchanged || store.put(JSON.parse(text) as Ruleset, 'server'))) {
          onHeard(etag)
          end('ended')
        }
      },
    },
  )
  return cancel
}

/** What an answer means that is not the one wanted; undefined for the one wanted. */
function refusalOf(
  status: number,
  type = 'nothing',
  isStream: boolean,
): Pick<RequestEnd, 'kind' | 'error'> | undefined {
  if (status === 304) return undefined
  if (status !== 200) {
    // These last until somebody mends the options or the key.
    const isLasting = /40[0134]/.test(`${status}`)
    const code = isLasting && status !== 400 ? 'KEY_REFUSED' : 'SERVER_REFUSED'
    const isBusy = status === 429 || status === 501
    return {
      kind: isLasting ? 'refused' : isBusy ? 'busy' : 'failed',
      error: clientError(code, { status }),
    }
  }
  if (type.startsWith(isStream ? 'text/event-stream' : 'application/json')) return undefined
  return { kind: 'failed', error: clientError('NOT_FLAGHOIST', { type: type.slice(0, 100) }) }
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

function unreachable(cause: Error): Error {
  // An error of ours says itself what is wrong.
  if ('hint' in cause) return cause
  return clientError('SERVER_UNREACHABLE', { problem: cause.message }, { cause })
}
