import { clientError } from './errors.ts'
import { problemIn, type Refusal, type RequestEnd } from './request-end.ts'
import type { RulesetStore } from './ruleset-store.ts'
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
  /**
   * Applies a change to the store after those before it, and reports it. Ends the request if the
   * change does not fit.
   * @param text JSON of the change
   */
  apply<T>(text: string, change: (value: T) => boolean, etag?: string): void
  /** Reports that the request has delivered something usable, with which a poll ends. */
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
      // Any other event is of a later protocol version.
      if (type === 'put') request.apply(data, store.put)
      if (type === 'patch') request.apply(data, store.patch)
      if (type === 'heartbeat') request.apply(data, store.verify)
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
  { store, apply, heard }: OpenRequest,
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
      if (isUnchanged) heard(etag)
      else apply(text, store.put, etag)
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
