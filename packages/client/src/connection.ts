import { isFlaghoistError } from '@flaghoist/core'
import {
  type ConnectionOccurrence,
  type ConnectionState,
  initialState,
  next,
  type RequestMode,
  transportOf,
} from './connection-state.ts'
import { type Endpoint, requestRuleset } from './ruleset-request.ts'
import { cursorOf } from './ruleset-store.ts'

export interface ConnectionOptions {
  readonly endpoint: Endpoint
  readonly pollIntervalMs: number
  /** The reason never to connect: an invalid option. */
  readonly problem?: Error | undefined
  /** Called whenever the server has delivered something usable, or a refusal. */
  readonly onAnswer: () => void
  /** Called when the transport or the error code differs from the last call. */
  readonly onStatus: () => void
}

/** The one connection of a client. */
export interface Connection {
  state(): ConnectionState
  /** Requests the newest ruleset at once, in place of any wait. */
  start(): void
  /** Does the same after a sleep of the process, and is not live before the response. */
  wake(): void
  /** Cancels the request or the wait until the next `start`. */
  pause(): void
  /** Cancels the request or the wait for good. */
  close(): void
}

/** Returns the reason why nothing is received or, while it polls, why it does not stream. */
export function errorOf({ pollError, streamError }: ConnectionState): Error | undefined {
  return pollError ?? streamError
}

/** Creates a connection: performs over the platform what `connection-state` decides. */
export function createConnection({
  endpoint,
  pollIntervalMs,
  problem,
  onAnswer,
  onStatus,
}: ConnectionOptions): Connection {
  const { platform, store } = endpoint
  // Such a client has its answer, and waits for nothing.
  let state: ConnectionState = {
    ...initialState(pollIntervalMs),
    pollError: problem,
    hasAnswered: problem !== undefined,
  }
  let cancel = () => {}
  let lastStatus = 'none '

  const dispatch = (event: ConnectionOccurrence) => {
    const step = next(state, { ...event, now: platform.elapsed(), random: platform.random() })
    state = step.state
    for (const [name, argument] of step.actions) perform[name](argument as never)
  }
  const perform = {
    cancel: () => cancel(),
    request(mode: RequestMode) {
      const ruleset = store.prepared?.ruleset
      const known = { since: ruleset && cursorOf(ruleset), etag: state.etag }
      cancel = requestRuleset(endpoint, mode, state.needsWhole ? {} : known, {
        onHeard: (etag) => dispatch({ type: 'heard', etag }),
        onEnd: (end) => dispatch({ type: 'ended', end }),
      })
    },
    wait(ms: number) {
      cancel = platform.schedule(ms, () => dispatch({ type: 'timer' }))
    },
    status() {
      const error = errorOf(state)
      const status = `${transportOf(state, platform.elapsed())} ${isFlaghoistError(error) ? error.code : ''}`
      if (status === lastStatus) return
      lastStatus = status
      onStatus()
    },
    answered: onAnswer,
  }
  return {
    state: () => state,
    start: () => problem ?? dispatch({ type: 'start' }),
    wake: () => dispatch({ type: 'wake' }),
    pause: () => dispatch({ type: 'pause' }),
    close: () => dispatch({ type: 'close' }),
  }
}
