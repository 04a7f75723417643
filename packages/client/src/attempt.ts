import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import { clientError } from './errors.ts'
import type { Heartbeat, RulesetHolder, Verdict } from './holder.ts'
import { retryAfterMs, send } from './http.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { createSseParser, type ServerSentEvent } from './sse.ts'

/** How an attempt to get rulesets ended. */
export interface Ending {
  /** `refused`: the key is not good. `resync`: what came did not fit. `buffered`: events are held back. */
  readonly kind: 'ended' | 'failed' | 'refused' | 'busy' | 'buffered' | 'resync'
  readonly error?: Error | undefined
  /** When the server wants to be asked again, ms. */
  readonly retryMs?: number | undefined
}

export interface AttemptHandlers {
  /** Something usable came: the connection works. */
  onHeard(): void
  onEnd(ending: Ending): void
}

/** What the requests of one client have in common. */
export interface Endpoint {
  readonly platform: Platform
  readonly holder: RulesetHolder
  readonly request: (path: string) => HttpRequest
  readonly timeouts: Timeouts
}

export interface Timeouts {
  /** Until a response, or the first event of a stream, has come. */
  readonly firstFrameMs: number
  /** Without a byte on a stream that has worked. */
  readonly silenceMs: number
}

const MOST_CHARACTERS = 64 * 1024 * 1024

/** Opens the stream and stays on it until it ends. Gives a function that aborts. */
export function openStream(endpoint: Endpoint, on: AttemptHandlers): () => void {
  const { platform, holder, timeouts, request } = endpoint
  const watch = createWatch(platform)
  let retryMs: number | undefined
  let hasHead = false
  let hasEvent = false
  let pending = 0
  let isOver = false
  let abort = () => {}
  const end = (ending: Ending) => {
    if (isOver) return
    isOver = true
    watch.stop()
    abort()
    on.onEnd({ retryMs, ...ending })
  }
  const receive = createSseParser({
    onRetry: (ms) => {
      retryMs = ms
    },
    onEvent: (event) => {
      if (isOver) return // The rest of the piece that ended it.
      pending = 0
      hasEvent = true
      const outcome = takeEvent(holder, event)
      if (outcome.verdict === 'resync') return end({ kind: 'resync', error: outcome.error })
      watch.start(timeouts.silenceMs, () => end(silent(timeouts.silenceMs)))
      on.onHeard()
    },
  })
  watch.start(timeouts.firstFrameMs, () =>
    end(hasHead ? buffered(timeouts.firstFrameMs) : silent(timeouts.firstFrameMs)),
  )

  const held = holder.origin === 'none' ? undefined : holder.prepared?.ruleset
  const since = held ? `since=${held.epoch}.${held.version}` : ''
  abort = send(platform, request(`/sdk/v1/stream?${since}`), {
    onHead(status, header) {
      const refusal = refusalOf(status, header, 'text/event-stream', platform.now())
      if (refusal !== undefined) end(refusal)
      hasHead = true
    },
    onText(text) {
      pending += text.length
      watch.touch()
      if (pending > MOST_CHARACTERS) end(tooLarge())
      else receive(text)
    },
    onEnd: (error) => {
      if (error) end(unreachable(error))
      else if (hasEvent) end({ kind: 'ended' })
      else end(unreachable(new Error('the stream ended before its first event')))
    },
  })
  return () => {
    isOver = true
    watch.stop()
    abort()
  }
}

/** Asks for the whole ruleset once. */
export function poll(
  endpoint: Endpoint,
  etag: string | undefined,
  on: AttemptHandlers & { onEtag(etag: string | undefined): void },
): () => void {
  const { platform, holder, timeouts, request } = endpoint
  const watch = createWatch(platform)
  let body = ''
  let received: { status: number; etag: string | undefined } | undefined
  let isOver = false
  let abort = () => {}
  const end = (ending: Ending) => {
    if (isOver) return
    isOver = true
    watch.stop()
    abort()
    on.onEnd(ending)
  }
  watch.start(timeouts.silenceMs, () => end(silent(timeouts.silenceMs)))

  const { headers, ...plain } = request('/sdk/v1/ruleset')
  const conditional = etag === undefined ? headers : { ...headers, 'if-none-match': etag }
  abort = send(
    platform,
    { ...plain, headers: conditional },
    {
      onHead(status, header) {
        received = { status, etag: header('etag') }
        const refusal =
          status === 304 ? undefined : refusalOf(status, header, 'application/json', platform.now())
        if (refusal !== undefined) end(refusal)
      },
      onText(text) {
        watch.touch()
        body += text
        if (body.length > MOST_CHARACTERS) end(tooLarge())
      },
      onEnd(error) {
        if (error || received === undefined)
          return end(unreachable(error ?? new Error('no response')))
        const problem = received.status === 304 ? undefined : takeRuleset(holder, body)
        if (problem !== undefined) return end({ kind: 'failed', error: problem })
        on.onEtag(received.etag)
        on.onHeard()
        end({ kind: 'ended' })
      },
    },
  )
  return () => {
    isOver = true
    watch.stop()
    abort()
  }
}

function takeEvent(
  holder: RulesetHolder,
  { type, data }: ServerSentEvent,
): { verdict: Verdict; error?: Error } {
  try {
    if (type === 'put') return { verdict: holder.put(JSON.parse(data) as Ruleset, 'server') }
    if (type === 'patch') return { verdict: holder.patch(JSON.parse(data) as RulesetPatch) }
    if (type === 'heartbeat') return { verdict: holder.check(JSON.parse(data) as Heartbeat) }
    return { verdict: 'same' } // Of a later version of the protocol.
  } catch (error) {
    return { verdict: 'resync', error: rejected(error) }
  }
}

function takeRuleset(holder: RulesetHolder, body: string): Error | undefined {
  try {
    holder.put(JSON.parse(body) as Ruleset, 'server')
    return undefined
  } catch (error) {
    return rejected(error)
  }
}

/** What an answer other than the one wanted means; undefined for the one wanted. */
function refusalOf(
  status: number,
  header: (name: string) => string | undefined,
  type: string,
  now: number,
): Ending | undefined {
  const retryMs = retryAfterMs(header('retry-after'), now)
  const error = clientError('SERVER_REFUSED', { status })
  if (status === 401 || status === 403 || status === 404)
    return { kind: 'refused', error: clientError('KEY_REFUSED', { status }), retryMs }
  if (status === 429 || status === 501) return { kind: 'busy', error, retryMs }
  if (status !== 200) return { kind: 'failed', error, retryMs }

  const got = header('content-type') ?? 'nothing'
  if (got.startsWith(type)) return undefined
  return { kind: 'failed', error: clientError('NOT_FLAGHOIST', { type: got.slice(0, 100) }) }
}

function silent(ms: number): Ending {
  return { kind: 'failed', error: clientError('SERVER_SILENT', { seconds: ms / 1_000 }) }
}

function buffered(ms: number): Ending {
  return { kind: 'buffered', error: clientError('STREAM_BUFFERED', { seconds: ms / 1_000 }) }
}

function tooLarge(): Ending {
  const error = clientError('RESPONSE_TOO_LARGE', { limit: MOST_CHARACTERS })
  return { kind: 'failed', error }
}

function unreachable(cause: Error): Ending {
  // An error of ours says itself what is wrong.
  if ('hint' in cause) return { kind: 'failed', error: cause }
  const error = clientError('SERVER_UNREACHABLE', { problem: cause.message }, { cause })
  return { kind: 'failed', error }
}

function rejected(cause: unknown): Error {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return clientError('RULESET_REJECTED', { problem }, { cause })
}

/** A timer that is put off by `touch`. After a sleep of the machine it grants one more period. */
function createWatch(platform: Platform) {
  let cancel = () => {}
  let lastTouch = 0

  const wait = (ms: number, limitMs: number, onSilence: () => void, hasGrace: boolean) => {
    const dueAt = platform.elapsed() + ms
    cancel = platform.schedule(ms, () => {
      const now = platform.elapsed()
      const left = lastTouch + limitMs - now
      if (left > 0) wait(left, limitMs, onSilence, hasGrace)
      else if (hasGrace && now - dueAt > limitMs / 2) wait(limitMs, limitMs, onSilence, false)
      else onSilence()
    })
  }

  return {
    start(limitMs: number, onSilence: () => void) {
      cancel()
      lastTouch = platform.elapsed()
      wait(limitMs, limitMs, onSilence, true)
    },
    touch() {
      lastTouch = platform.elapsed()
    },
    stop() {
      cancel()
    },
  }
}
