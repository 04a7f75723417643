import { isFlaghoistError } from '@flaghoist/core'
import { atLeast } from './retry.ts'
import { type Endpoint, type RequestEnd, requestRuleset } from './ruleset-request.ts'

/** How rulesets come in now. */
export type Transport = 'none' | 'stream' | 'poll'

export interface ConnectionOptions {
  readonly endpoint: Endpoint
  readonly pollIntervalMs: number
  /** Something usable came. */
  readonly onHeard: () => void
  /** The key or the options are not good. */
  readonly onRefused: () => void
  /** The transport, or what is wrong, is another than before. */
  readonly onState: () => void
}

export interface Connection {
  readonly transport: Transport
  /** Monotonic ms when something usable last came; undefined if nothing ever has. */
  readonly heardAt: number | undefined
  /** Why nothing comes; or, while it polls, why it does not stream. */
  readonly lastError: Error | undefined
  /** Asks at once, whatever it was waiting for. */
  start(): void
  /** Ends the request or the wait; `start` goes on. */
  stop(): void
}

/** First waits are drawn from this; they double up to the cap, so that a whole fleet never comes at once. */
const FIRST_BACKOFF_MS = 5_000
const MAX_BACKOFF_MS = 10_000
/** A wait for a key that was refused: somebody has to mend something first. */
const REFUSED_WAIT_MS = 60_000
/** A stream that held this long has no failures behind it. */
const STABLE_MS = 60_000
/** So many failures within so much time, and the stream is given up for polling. */
const FAILURES_TO_POLL = 3
const FAILURES_WITHIN_MS = 30_000
/** Where the stream does not work but polling does, about how long until the stream is tried again. */
const STREAM_RETRY_MS = 60_000

/**
 * The one loop that keeps a ruleset current: at any time it has one request or one timer, never two. Streams while that
 * works, polls while it does not.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory; each of its functions is short.
export function createConnection({
  endpoint,
  pollIntervalMs,
  onHeard,
  onRefused,
  onState,
}: ConnectionOptions): Connection {
  const { platform, store } = endpoint
  let transport: Transport = 'none'
  let heardAt: number | undefined
  let isStopped = true
  let giveUp = () => {}
  let startedAt = 0
  /** Waits since the last stable stream. */
  let attempts = 0
  /** When streams failed lately. */
  let failures: number[] = []
  /** How often to poll before the stream is tried again. */
  let pollsLeft = 0
  /** What came did not fit: the next question is for everything. */
  let wantsAll = false
  let etag: string | undefined
  let streamError: Error | undefined
  let pollError: Error | undefined
  let told = 'none '

  const next = () => {
    const isStream = pollsLeft <= 0
    startedAt = platform.elapsed()
    const version = store.prepared && versionOf(store.prepared.ruleset)
    giveUp = requestRuleset(endpoint, isStream, wantsAll ? undefined : isStream ? version : etag, {
      onHeard(newEtag) {
        wantsAll = false
        if (isStream) streamError = undefined
        else etag = newEtag
        heardAt = platform.elapsed()
        pollError = undefined
        transport = isStream ? 'stream' : 'poll'
        tell()
        onHeard()
      },
      onEnd: isStream ? afterStream : afterPoll,
    })
  }

  const wait = (ms: number) => {
    if (!isStopped) giveUp = platform.schedule(ms, next)
  }

  const afterStream = ({ kind, error, retryMs }: RequestEnd) => {
    const now = platform.elapsed()
    if (transport === 'stream' && now - startedAt >= STABLE_MS) attempts = 0
    failures = [...failures, now].filter((at) => now - at < FAILURES_WITHIN_MS)
    streamError = error ?? streamError
    wantsAll ||= kind === 'resync'
    // A stream that was only tried once more leaves the polling as it is.
    const wasPolling = transport === 'poll'
    if (!wasPolling) transport = 'none'
    tell()

    if (kind === 'refused') {
      onRefused()
      return wait(refusedWait(retryMs))
    }
    if (wasPolling || kind === 'buffered' || kind === 'busy')
      pollsLeft = Math.ceil(STREAM_RETRY_MS / pollIntervalMs)
    else if (failures.length >= FAILURES_TO_POLL) pollsLeft = 1
    const isFirst = attempts === 0
    const ms = backoff(retryMs)
    // The server is well, but what came did not fit, or did not come through.
    const isAtOnce = kind === 'buffered' || (kind === 'resync' && isFirst)
    wait(isAtOnce || (wasPolling && !retryMs) ? 0 : ms)
  }

  const afterPoll = ({ kind, error, retryMs }: RequestEnd) => {
    if (kind === 'ended') {
      attempts = 0
      pollsLeft -= 1
      return wait(pollIntervalMs * (0.8 + 0.4 * platform.random()))
    }
    // Polling is no better than the stream, which is what is wanted back.
    pollsLeft = 0
    transport = 'none'
    pollError = error
    tell()
    wait(kind === 'refused' ? refusedWait(retryMs) : backoff(retryMs))
  }

  /** Exponential with full jitter; never less than the server asks for. */
  const backoff = (retryMs: number): number => {
    const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempts)
    attempts += 1
    return atLeast(retryMs, platform.random() * most)
  }
  const refusedWait = (retryMs: number): number =>
    atLeast(retryMs, REFUSED_WAIT_MS * (0.5 + platform.random()))

  const tell = () => {
    const error = pollError ?? streamError
    const state = `${transport} ${isFlaghoistError(error) ? error.code : ''}`
    if (state === told) return
    told = state
    onState()
  }

  return {
    get transport() {
      return transport
    },
    get heardAt() {
      return heardAt
    },
    get lastError() {
      return pollError ?? streamError
    },
    start() {
      giveUp()
      isStopped = false
      next()
    },
    stop() {
      isStopped = true
      giveUp()
      transport = 'none'
    },
  }
}

/** Where to go on from. */
function versionOf({ epoch, version }: { epoch: string; version: number }): string {
  return `${epoch}.${version}`
}
