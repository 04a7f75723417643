import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import { clientError } from './errors.ts'
import { problemIn, type Refusal, type RequestEnd } from './request-end.ts'
import type { Heartbeat, RulesetStore } from './ruleset-store.ts'
import { createSseParser } from './sse.ts'

/** The reader of one kind of response body. */
export interface ResponseBody {
  /** Returns whether the text shows that the server is there: comments of a proxy do not. */
  onText(text: string): boolean
  /** Called once, when the body is complete. */
  onEnd(): void
}

/** The operations of an open request that its body calls. */
export interface OpenRequest {
  readonly store: RulesetStore
  isOver(): boolean
  /** Applies a change to the store. Returns false if the request has ended because of it. */
  apply(change: () => boolean): boolean
  /** Reports that the request has delivered something usable. */
  heard(etag?: string): void
  /** Sets the wait that the server asks for, ms. */
  retryAfter(ms: number): void
  end(kind: RequestEnd['kind'], error?: Error): void
}

/** Characters of a problem; a longer one is not read. */
const MAX_PROBLEM_CHARACTERS = 16_384

/**
 * A stream: each event is applied as it arrives.
 * @param onEvent called for each whole event, before it is applied
 */
export function streamBody({ store, ...request }: OpenRequest, onEvent: () => void): ResponseBody {
  let hasEvent = false
  const onText = createSseParser({
    onRetry: request.retryAfter,
    onEvent(type, data) {
      // One piece of text can hold further events after the last one of the request.
      if (request.isOver()) return
      hasEvent = true
      onEvent()
      let isKnown = true
      const isApplied = request.apply(() => {
        if (type === 'put') return store.put(JSON.parse(data) as Ruleset, 'server')
        if (type === 'patch') return store.patch(JSON.parse(data) as RulesetPatch)
        if (type === 'heartbeat') return store.verify(JSON.parse(data) as Heartbeat)
        isKnown = false // An event of a later protocol version.
        return true
      })
      if (isApplied && isKnown) request.heard()
    },
  })
  return {
    onText,
    onEnd() {
      if (hasEvent) request.end('ended')
      else {
        const problem = 'the stream ended before its first event'
        request.end('failed', clientError('SERVER_UNREACHABLE', { problem }))
      }
    },
  }
}

/**
 * The response to a poll: a whole ruleset.
 * @param isUnchanged the response is a 304, and the held ruleset is current
 */
export function pollBody(
  { store, apply, heard, end }: OpenRequest,
  isUnchanged: boolean,
  etag: string | undefined,
): ResponseBody {
  let text = ''
  return {
    onText(piece) {
      text += piece
      return true
    },
    onEnd() {
      if (!apply(() => isUnchanged || store.put(JSON.parse(text) as Ruleset, 'server'))) return
      heard(etag)
      end('ended')
    },
  }
}

/** A refusal in the server's own words, which explain more than ours. */
export function problemBody({ end }: OpenRequest, { kind, error }: Refusal): ResponseBody {
  let text = ''
  return {
    onText(piece) {
      text += piece
      if (text.length > MAX_PROBLEM_CHARACTERS) end(kind, error)
      return true
    },
    onEnd: () => end(kind, problemIn(text) ?? error),
  }
}
