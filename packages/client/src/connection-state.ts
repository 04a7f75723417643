import type { RequestEnd } from './request-end.ts'
import { atLeast } from './retry.ts'

/** The two ways to receive rulesets: one long response, or one response per interval. */
export type RequestMode = 'stream' | 'poll'

/** The current way to receive rulesets; `none` while no request delivers anything. */
export type Transport = 'none' | RequestMode

/**
 * The phases of a connection.
 *
 * - `idle`: nothing runs, such as in a hidden page.
 * - `connecting`: a request is open and has delivered nothing usable.
 * - `streaming`: the open stream has delivered something usable.
 * - `polling`: polls work; either one is open, or the timer for the next one runs, or a stream is
 *   tried again meanwhile.
 * - `waiting`: a timer runs until the next request, after a failure.
 * - `refused`: the same after stream and poll were refused, which lasts until the key or the
 *   options are corrected.
 * - `closed`: nothing runs, and nothing ever will.
 */
export type Phase =
  | 'idle'
  | 'connecting'
  | 'streaming'
  | 'polling'
  | 'waiting'
  | 'refused'
  | 'closed'

/** All that a connection remembers. A plain value: it holds no timer and no request. */
export interface ConnectionState {
  readonly phase: Phase
  /** The kind of the open request; undefined while none is open. */
  readonly request?: RequestMode | undefined
  readonly pollIntervalMs: number
  /** Start of the latest request, monotonic ms. */
  readonly openedAt: number
  /** Time of the latest usable data, monotonic ms; undefined before the first. */
  readonly heardAt?: number | undefined
  /** End of the time for which that data counts as current, monotonic ms. */
  readonly liveUntil: number
  /** Time over which the retries of all clients spread, as the last stream named it, ms. */
  readonly retryMs: number
  /** Backoffs since the last stable stream. */
  readonly backoffs: number
  /** Stream failures in a row: since the latest usable data. */
  readonly failuresInRow: number
  /** Times at which working streams were lost recently, monotonic ms. */
  readonly losses: readonly number[]
  /** Polls until the stream is tried again, which follows the last one at once. */
  readonly pollsLeft: number
  /** The latest stream seemed to be held back by a proxy. */
  readonly isHeldBack: boolean
  /** The next request asks for the whole ruleset, because a change did not fit the held one. */
  readonly needsWhole: boolean
  /** The server has delivered something usable, or has refused the key or the options. */
  readonly hasAnswered: boolean
  /** ETag of the held ruleset, if a poll has received it. */
  readonly etag?: string | undefined
  readonly streamError?: Error | undefined
  readonly pollError?: Error | undefined
}

/** Everything that can happen to a connection, with a reading of the clock and a random number. */
export type ConnectionEvent = {
  /** Monotonic ms. */
  readonly now: number
  /** Uniform in [0, 1). */
  readonly random: number
} & ConnectionOccurrence

export type ConnectionOccurrence =
  /** Something needs the newest ruleset at once: a new client, a page that is visible again. */
  | { readonly type: 'start' }
  /** The process has slept: the open request may be dead, and the ruleset old. */
  | { readonly type: 'wake' }
  /** The timer of a `wait` action has fired. */
  | { readonly type: 'timer' }
  /** The open request has delivered something usable. */
  | { readonly type: 'heard'; readonly etag?: string | undefined }
  /** The open request has ended. */
  | { readonly type: 'ended'; readonly end: RequestEnd }
  /** Nothing needs a current ruleset for now. */
  | { readonly type: 'pause' }
  | { readonly type: 'close' }

/**
 * One thing for the driver to do, and its argument.
 *
 * - `cancel`: cancels the open request or the running timer.
 * - `request`: opens a request.
 * - `wait`: starts a timer of some ms that ends in a `timer` event.
 * - `status`: checks whether the transport or the error code has changed.
 * - `answered`: tells the client that the server has delivered something usable, or a refusal.
 */
export type ConnectionAction =
  | readonly ['cancel' | 'status' | 'answered']
  | readonly ['request', RequestMode]
  | readonly ['wait', number]

/**
 * A first backoff is drawn below the spread, and each later one below twice as much. The server of
 * a few streams names a short spread, because their return costs it nothing.
 */
const SPREAD_MS = 5_000
const MIN_SPREAD_MS = 500
/** Limit without a sign of the server on a stream, or while a whole ruleset is fetched. */
export const SILENCE_MS = 20_000
/** A request that began this recently brings the newest ruleset. */
const RECENT_MS = 1_000
/** Mean wait after a refusal, which only a person can resolve. */
const REFUSED_WAIT_MS = 60_000
/** A stream that was open for this long clears the backoff. */
const STABLE_MS = 60_000
/**
 * This many stream failures in a row, or losses of working streams within the window, switch the
 * connection to polling. A server that restarts twice within the window refuses attempts as well,
 * which says nothing about its streams.
 */
const FAILURES_TO_POLL = 3
const LOSS_WINDOW_MS = 30_000
/** Shortest and longest wait between two polls, in intervals. */
const MIN_POLL_FACTOR = 0.8
const MAX_POLL_FACTOR = 1.2
/** A poll that takes this long has met a silent server or network, and so had the stream before. */
const SLOW_POLL_MS = 5_000
/** Time between attempts to stream while only polling works. */
const STREAM_RETRY_MS = 60_000

/** The state before the first event. */
export function initialState(pollIntervalMs: number): ConnectionState {
  return {
    phase: 'idle',
    pollIntervalMs,
    openedAt: 0,
    liveUntil: 0,
    retryMs: SPREAD_MS,
    backoffs: 0,
    failuresInRow: 0,
    losses: [],
    pollsLeft: 0,
    isHeldBack: false,
    needsWhole: false,
    hasAnswered: false,
  }
}

/**
 * Returns the way that rulesets are received now. It depends on the clock, because the timers of a
 * process that slept have not fired yet.
 * @param now monotonic ms
 */
export function transportOf({ phase, liveUntil }: ConnectionState, now: number): Transport {
  if (now >= liveUntil) return 'none'
  return phase === 'streaming' ? 'stream' : phase === 'polling' ? 'poll' : 'none'
}

/**
 * Decides what a connection does next. Pure: the same state and event always return the same state
 * and actions. At most one request or one timer exists at any time, and `closed` is final. An event
 * that does not fit the state, such as the end of a cancelled request, changes nothing.
 */
export function next(
  state: ConnectionState,
  event: ConnectionEvent,
): { readonly state: ConnectionState; readonly actions: readonly ConnectionAction[] } {
  const draft: Draft = { ...state }
  return { state: draft, actions: react(draft, event) }
}

/** A state that only the call of `next` that has copied it can see. */
type Draft = { -readonly [K in keyof ConnectionState]: ConnectionState[K] }
type Ended = Extract<ConnectionEvent, { type: 'ended' }>

function react(state: Draft, event: ConnectionEvent): ConnectionAction[] {
  const { phase, request } = state
  if (phase === 'closed') return []
  const cancel: ConnectionAction[] = phase === 'idle' ? [] : [['cancel']]
  switch (event.type) {
    case 'start':
    case 'wake':
      if (phase === 'connecting' && event.now - state.openedAt < RECENT_MS) return []
      if (event.type === 'start') return [...cancel, open(state, event.now)]
      if (phase === 'idle') return []
      state.phase = 'connecting'
      return [...cancel, open(state, event.now), ['status']]
    case 'timer':
      return request || phase === 'idle' ? [] : [open(state, event.now)]
    case 'heard':
      return request ? heard(state, event.now, event.etag) : []
    case 'ended':
      return request ? ended(state, event) : []
    default:
      state.request = undefined
      state.phase = event.type === 'close' ? 'closed' : 'idle'
      return cancel
  }
}

function open(state: Draft, now: number): ConnectionAction {
  // A transport that works counts as working until the new request fails.
  if (state.phase !== 'streaming' && state.phase !== 'polling') state.phase = 'connecting'
  state.openedAt = now
  state.request = state.pollsLeft ? 'poll' : 'stream'
  return ['request', state.request]
}

function heard(state: Draft, now: number, etag: string | undefined): ConnectionAction[] {
  if (state.request === 'stream') {
    state.phase = 'streaming'
    state.streamError = undefined
    state.liveUntil = now + SILENCE_MS
  } else {
    state.phase = 'polling'
    // The next poll is due by then, after an attempt to stream and with a slow response.
    state.liveUntil = now + MAX_POLL_FACTOR * state.pollIntervalMs + 1.5 * SILENCE_MS
  }
  state.etag = etag // A stream has none, and replaces the ruleset of the last poll.
  state.pollError = undefined
  state.heardAt = now
  state.failuresInRow = 0
  state.needsWhole = false
  state.hasAnswered = true
  return [['status'], ['answered']]
}

function ended(state: Draft, event: Ended): ConnectionAction[] {
  const { kind, error, retryMs } = event.end
  const isStream = state.request === 'stream'
  const isLost = isStream && state.phase === 'streaming'
  // A failed attempt to stream does not interrupt the polling. A stream that is held back may be
  // such an attempt, which its first event has promoted.
  const keepsPolling = isLost ? kind === 'buffered' : isStream && state.phase === 'polling'
  state.request = undefined
  if (!isStream && kind === 'ended') {
    state.backoffs = 0
    const wasSilent = event.now - state.openedAt >= SLOW_POLL_MS
    state.pollsLeft = state.isHeldBack && wasSilent ? 0 : state.pollsLeft - 1
    const factor = MIN_POLL_FACTOR + 0.4 * event.random
    return [['wait', state.pollsLeft && state.pollIntervalMs * factor]]
  }

  if (isStream) {
    streamEnded(state, event, isLost)
  } else {
    // Polling works no better than the stream, which is preferred.
    state.pollsLeft = 0
    state.pollError = error
  }
  // Of a stream that has worked, `retry:` is the spread. Any other wait is a minimum.
  if (isLost && retryMs) state.retryMs = atLeast(retryMs, MIN_SPREAD_MS)
  if (keepsPolling) {
    state.phase = 'polling'
    return [['wait', 0], ['status']]
  }
  state.phase = 'waiting'
  // Only a poll shows whether the key or just the stream is refused.
  if (kind === 'refused') return isStream ? [['wait', 0]] : refused(state, event)
  // The server works, but its data did not fit, or did not pass a proxy.
  const isAtOnce = kind === 'buffered' || (kind === 'resync' && isStream && !state.backoffs)
  const drawnMs = event.random * state.retryMs * (state.backoffs ? 2 : 1)
  state.backoffs += 1
  // The drawn wait can be twice a spread that is itself as long as a wait may be.
  const ms = isAtOnce ? 0 : atLeast(Math.max(isLost ? 0 : retryMs, drawnMs), 0)
  return [['wait', ms], ['status']]
}

/** Waits long after a refusal of both transports. */
function refused(state: Draft, { end, random }: Ended): ConnectionAction[] {
  state.phase = 'refused'
  state.hasAnswered = true
  const ms = REFUSED_WAIT_MS * (0.5 + random)
  return [['wait', atLeast(end.retryMs, ms)], ['status'], ['answered']]
}

/** Notes the end of a stream, and decides how many polls follow it. */
function streamEnded(state: Draft, { now, end }: Ended, isLost: boolean): void {
  const { kind, error, retryMs } = end
  state.streamError = error ?? state.streamError
  state.isHeldBack = kind === 'buffered'
  state.needsWhole ||= kind === 'resync'
  state.failuresInRow += 1
  if (isLost) {
    if (now - state.openedAt >= STABLE_MS) state.backoffs = 0
    state.losses = [...state.losses, now].filter((at) => now - at < LOSS_WINDOW_MS)
  }
  if (state.phase === 'polling' || kind === 'buffered' || kind === 'busy' || kind === 'refused')
    state.pollsLeft = Math.ceil(atLeast(retryMs, STREAM_RETRY_MS) / state.pollIntervalMs) + 1
  else if (Math.max(state.failuresInRow, state.losses.length) >= FAILURES_TO_POLL)
    // After an outage, a poll that works shows that a stream will too. A stream that worked and was
    // lost may soon be lost again, so polling lasts for an interval.
    state.pollsLeft = isLost ? 2 : 1
}
