import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import {
  type AttemptHandlers,
  createAttempt,
  type Endpoint,
  FIRST_FRAME_MS,
  SILENCE_MS,
} from './attempt.ts'
import {
  buffered,
  type Ending,
  MOST_CHARACTERS,
  rejected,
  silent,
  tooLarge,
  unreachable,
} from './ending.ts'
import type { Heartbeat, RulesetHolder, Verdict } from './holder.ts'
import { send } from './http.ts'
import { refusing } from './refusal.ts'
import { createSseParser, type ServerSentEvent } from './sse.ts'

/**
 * Opens the stream and stays on it until it ends. Gives a function that gives it up.
 * @param wantsAll asks for the whole ruleset, not only for what is new
 */
export function openStream(
  { platform, holder, request }: Endpoint,
  wantsAll: boolean,
  on: AttemptHandlers,
): () => void {
  let retryMs: number | undefined
  let hasHead = false
  let hasEvent = false
  let pending = 0
  const attempt = createAttempt(platform, (ending) => on.onEnd({ retryMs, ...ending }))
  const receive = createSseParser({
    onRetry: (ms) => {
      retryMs = ms
    },
    onEvent: (event) => {
      if (attempt.isOver) return // The rest of the piece that ended it.
      pending = 0
      hasEvent = true
      const { verdict, error } = takeEvent(holder, event)
      if (verdict === 'resync') return attempt.end({ kind: 'resync', error })
      if (attempt.isOver) return // A listener has closed the client.
      attempt.watch.start(SILENCE_MS, () => attempt.end(silent(SILENCE_MS)))
      if (verdict !== 'unknown') on.onHeard()
    },
  })
  attempt.watch.start(FIRST_FRAME_MS, () =>
    attempt.end(hasHead ? buffered(FIRST_FRAME_MS) : silent(FIRST_FRAME_MS)),
  )

  const path = `/sdk/v1/stream${wantsAll ? '' : sinceOf(holder)}`
  const handlers = refusing(attempt, platform, 'text/event-stream', {
    onHead() {
      hasHead = true
    },
    onText(text) {
      pending += text.length
      attempt.watch.touch()
      if (pending > MOST_CHARACTERS) attempt.end(tooLarge())
      else receive(text)
    },
    onEnd: (error) => attempt.end(endOf(error, hasEvent)),
  })
  attempt.use(send(platform, request(path), handlers))
  return attempt.giveUp
}

function endOf(error: Error | undefined, hasEvent: boolean): Ending {
  if (error) return unreachable(error)
  if (hasEvent) return { kind: 'ended' }
  return unreachable(new Error('the stream ended before its first event'))
}

/** Where to go on from, as a query. */
function sinceOf({ prepared }: RulesetHolder): string {
  if (prepared === undefined) return ''
  const { epoch, version } = prepared.ruleset
  return `?since=${encodeURIComponent(`${epoch}.${version}`)}`
}

function takeEvent(
  holder: RulesetHolder,
  { type, data }: ServerSentEvent,
): { verdict: Verdict | 'unknown'; error?: Error } {
  try {
    if (type === 'put') return { verdict: holder.put(JSON.parse(data) as Ruleset, 'server') }
    if (type === 'patch') return { verdict: holder.patch(JSON.parse(data) as RulesetPatch) }
    if (type === 'heartbeat') return { verdict: holder.check(JSON.parse(data) as Heartbeat) }
    return { verdict: 'unknown' } // Of a later version of the protocol.
  } catch (error) {
    return { verdict: 'resync', error: rejected(error) }
  }
}
