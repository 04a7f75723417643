import { DEV } from '@flaghoist/core/internal'
import { type RequestMode, SILENCE_MS } from './connection-state.ts'
import { clientError } from './errors.ts'
import type { HttpHandlers, HttpRequest, Platform } from './platform.ts'
import { type RequestEnd, refusalOf, unreachable } from './request-end.ts'
import { type OpenRequest, pollBody, problemBody, streamBody } from './response-body.ts'
import { retryAfterMs } from './retry.ts'
import type { RulesetStore } from './ruleset-store.ts'
import { createSilenceWatchdog, type SilenceWatchdog } from './silence-watchdog.ts'

/** The dependencies that all ruleset requests of a client share. */
export interface Endpoint {
  readonly platform: Platform
  readonly store: RulesetStore
  readonly request: (path: string, query?: string) => HttpRequest
}

/** The held ruleset as a request names it. Empty: the request asks for a whole ruleset. */
export interface KnownRuleset {
  /** Cursor of the held ruleset. */
  readonly since?: string | undefined
  /** ETag of the held ruleset, if a poll has received it. */
  readonly etag?: string | undefined
}

export interface RulesetRequestHandlers {
  /** Called whenever something usable was received. */
  onHeard(etag?: string): void
  /** Called once, unless the request was cancelled. */
  onEnd(end: RequestEnd): void
}

/** Limit until a response head, or the first event of a stream, arrives. */
const FIRST_EVENT_MS = 5_000
/**
 * Limit after the first event until another one arrives: two heartbeats, and a little more. Some
 * proxies pass the beginning of a response and hold the rest.
 */
const SECOND_EVENT_MS = 18_000
/** Events so soon after the first one belong to the beginning of the response. */
const BEGINNING_MS = 1_000
/** Several times the largest ruleset, and small enough to be held in memory. */
const MAX_RESPONSE_CHARACTERS = 32 * 1024 * 1024

/**
 * Runs one ruleset request to completion. Returns a function that cancels it.
 */
export function requestRuleset(
  { platform, store, request }: Endpoint,
  mode: RequestMode,
  known: KnownRuleset,
  { onHeard, onEnd }: RulesetRequestHandlers,
): () => void {
  const isStream = mode === 'stream'
  const silence = createSilenceWatchdog(platform)
  const { parse = (text, onParsed) => onParsed(() => JSON.parse(text)) } = platform
  let isOver = false
  let retryMs = 0
  let abort = () => {}

  const cancel = () => {
    isOver = true
    silence.stop()
    abort()
  }
  const open: OpenRequest = {
    store,
    isOver: () => isOver,
    heard(etag) {
      onHeard(etag)
      if (!isStream) open.end('ended')
    },
    retryAfter(ms) {
      retryMs = ms
    },
    apply<T>(text: string, change: (value: T) => boolean, etag?: string) {
      parse(text, (result) => {
        if (isOver) return
        let fits: boolean | undefined
        let error: Error | undefined
        try {
          fits = change(result() as T)
        } catch (cause) {
          const problem = (cause as Error).message
          error = clientError('RULESET_REJECTED', { problem }, { cause })
        }
        if (!fits) open.end(isStream ? 'resync' : 'failed', error)
        // A listener may have closed the client.
        if (!isOver) open.heard(etag)
      })
    },
    end(kind, error) {
      if (isOver) return
      cancel()
      onEnd({ kind, error, retryMs })
    },
  }
  const handlers = readResponse(open, isStream, silence, platform)
  abort = platform.request(conditional(request, isStream, known), handlers)
  return cancel
}

/** Builds the request for data newer than the known ruleset. */
function conditional(
  request: Endpoint['request'],
  isStream: boolean,
  { since, etag }: KnownRuleset,
): HttpRequest {
  const query = since && `since=${encodeURIComponent(since)}`
  if (isStream) return request('/sdk/v1/stream', query)
  const poll = request('/sdk/v1/ruleset', query)
  return etag === undefined
    ? poll
    : { ...poll, headers: { ...poll.headers, 'if-none-match': etag } }
}

/** Reads the response to an open request, and limits its silence and its size. */
function readResponse(
  request: OpenRequest,
  isStream: boolean,
  silence: SilenceWatchdog,
  { now, elapsed }: Platform,
): HttpHandlers {
  let hasHead = false
  let isProblem = false
  /** Characters since the last event. */
  let size = 0
  let firstEventAt: number | undefined

  const limitSilence = (ms: number, mayBeBuffered: boolean) =>
    silence.start(ms, () => {
      const isBuffered = mayBeBuffered && hasHead
      const code = isBuffered ? 'STREAM_BUFFERED' : 'SERVER_SILENT'
      request.end(isBuffered ? 'buffered' : 'failed', clientError(code, { seconds: ms / 1_000 }))
    })
  const onEvent = () => {
    size = 0
    firstEventAt ??= elapsed()
    const isBeginning = elapsed() - firstEventAt < BEGINNING_MS
    limitSilence(isBeginning ? SECOND_EVENT_MS : SILENCE_MS, isBeginning)
  }
  let body = isStream ? streamBody(request, onEvent) : undefined
  limitSilence(isStream ? FIRST_EVENT_MS : SILENCE_MS, isStream)

  return {
    onHead(status, header) {
      const type = header('content-type')
      const refusal = refusalOf(isStream, status, type)
      hasHead = true
      body ??= pollBody(request, status === 304, header('etag'))
      if (refusal === undefined) return
      request.retryAfter(retryAfterMs(header, now()))
      // Builds without error texts do not read the server's explanation either.
      if (DEV && type?.startsWith('application/problem+json')) {
        isProblem = true
        body = problemBody(request, refusal)
      } else request.end(refusal.kind, refusal.error)
    },
    onText(text) {
      size += text.length
      if (size > MAX_RESPONSE_CHARACTERS)
        request.end('failed', clientError('RESPONSE_TOO_LARGE', { limit: MAX_RESPONSE_CHARACTERS }))
      else if (body?.onText(text)) silence.touch()
    },
    onEnd(error) {
      // The body may still be parsed.
      silence.stop()
      if (error && !isProblem) request.end('failed', unreachable(error))
      else body?.onEnd()
    },
  }
}
