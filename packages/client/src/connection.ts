import { isFlaghoistError } from '@flaghoist/core'
import type { AttemptHandlers, Endpoint } from './attempt.ts'
import type { Ending } from './ending.ts'
import { poll } from './poll.ts'
import { openStream } from './stream.ts'

/** How rulesets come in now. */
export type Transport = 'none' | 'stream' | 'poll'

export interface ConnectionOptions {
  readonly endpoint: Endpoint
  readonly pollIntervalMs: number
  /** Something usable came. */
  readonly onHeard: () => void
  /** The transport, or what is wrong, is another than before. */
  readonly onState: () => void
}

/** First waits are drawn from this; they double up to the cap, so that a whole fleet never comes at once. */
const FIRST_BACKOFF_MS = 5_000
const MOST_BACKOFF_MS = 10_000
/** A wait for a key that was refused: somebody has to mend something first. */
const REFUSED_WAIT_MS = 60_000
/** No server can send its clients away for longer. */
const MOST_WAIT_MS = 300_000
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
export class Connection {
  transport: Transport = 'none'
  /** Monotonic ms when something usable last came; undefined if nothing ever has. */
  heardAt: number | undefined

  readonly #options: ConnectionOptions
  #stop: () => void = () => {}
  #isStopped = false
  #startedAt = 0
  /** Waits since the last stable stream. */
  #attempts = 0
  /** When streams failed lately. */
  #failures: number[] = []
  /** How often to poll before the stream is tried again. */
  #pollsLeft = 0
  /** What came did not fit: the next question is for everything. */
  #wantsAll = false
  #etag: string | undefined
  #streamError: Error | undefined
  #pollError: Error | undefined
  #told = 'none '

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  start(): void {
    this.#next()
  }

  stop(): void {
    this.#isStopped = true
    this.#stop()
    this.transport = 'none'
  }

  /** Why nothing comes; or, while it polls, why it does not stream. */
  get lastError(): Error | undefined {
    return this.#pollError ?? this.#streamError
  }

  get #platform() {
    return this.#options.endpoint.platform
  }

  #next(): void {
    this.#startedAt = this.#platform.elapsed()
    if (this.#pollsLeft > 0) this.#poll()
    else this.#stream()
  }

  #stream(): void {
    const { endpoint } = this.#options
    const handlers: AttemptHandlers = {
      onHeard: () => {
        this.#wantsAll = false
        this.#streamError = undefined
        this.#heard('stream')
      },
      onEnd: (ending) => this.#afterStream(ending),
    }
    this.#stop = openStream(endpoint, this.#wantsAll, handlers)
  }

  #poll(): void {
    const { endpoint } = this.#options
    this.#stop = poll(endpoint, this.#wantsAll ? undefined : this.#etag, {
      onEtag: (etag) => {
        this.#etag = etag
      },
      onHeard: () => {
        this.#wantsAll = false
        this.#heard('poll')
      },
      onEnd: (ending) => this.#afterPoll(ending),
    })
  }

  #heard(transport: Transport): void {
    this.heardAt = this.#platform.elapsed()
    this.#pollError = undefined
    this.transport = transport
    this.#tell()
    this.#options.onHeard()
  }

  #afterStream(ending: Ending): void {
    const now = this.#platform.elapsed()
    if (this.transport === 'stream' && now - this.#startedAt >= STABLE_MS) this.#attempts = 0
    this.#failures = [...this.#failures, now].filter((at) => now - at < FAILURES_WITHIN_MS)
    this.#streamError = ending.error ?? this.#streamError
    this.#wantsAll ||= ending.kind === 'resync'
    // A stream that was only tried once more leaves the polling as it is.
    const wasPolling = this.transport === 'poll'
    if (!wasPolling) this.transport = 'none'
    this.#tell()

    if (ending.kind !== 'refused') this.#choosePolling(ending, wasPolling)
    this.#wait(this.#waitAfter(ending, wasPolling))
  }

  #choosePolling({ kind }: Ending, wasPolling: boolean): void {
    if (wasPolling || kind === 'buffered' || kind === 'busy')
      this.#pollsLeft = Math.ceil(STREAM_RETRY_MS / this.#options.pollIntervalMs)
    else if (this.#failures.length >= FAILURES_TO_POLL) this.#pollsLeft = 1
  }

  #waitAfter(ending: Ending, wasPolling: boolean): number {
    if (ending.kind === 'refused') return this.#refusedWait(ending)
    const isFirst = this.#attempts === 0
    const backoff = this.#backoff(ending)
    // The server is well, but what came did not fit, or did not come through.
    if (ending.kind === 'buffered' || (ending.kind === 'resync' && isFirst)) return 0
    return wasPolling && ending.retryMs === undefined ? 0 : backoff
  }

  #afterPoll(ending: Ending): void {
    if (ending.kind === 'ended') {
      this.#attempts = 0
      this.#pollsLeft -= 1
      this.#wait(this.#options.pollIntervalMs * (0.8 + 0.4 * this.#platform.random()))
      return
    }
    // Polling is no better than the stream, which is what is wanted back.
    this.#pollsLeft = 0
    this.transport = 'none'
    this.#pollError = ending.error
    this.#tell()
    this.#wait(ending.kind === 'refused' ? this.#refusedWait(ending) : this.#backoff(ending))
  }

  /** Exponential with full jitter; never less than the server asks for. */
  #backoff({ retryMs = 0 }: Ending): number {
    const most = Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts)
    this.#attempts += 1
    return Math.max(this.#platform.random() * most, Math.min(retryMs, MOST_WAIT_MS))
  }

  #refusedWait({ retryMs = 0 }: Ending): number {
    const ms = REFUSED_WAIT_MS * (0.5 + this.#platform.random())
    return Math.max(ms, Math.min(retryMs, MOST_WAIT_MS))
  }

  #wait(ms: number): void {
    if (!this.#isStopped) this.#stop = this.#platform.schedule(ms, () => this.#next())
  }

  #tell(): void {
    const { lastError } = this
    const state = `${this.transport} ${isFlaghoistError(lastError) ? lastError.code : ''}`
    if (state === this.#told) return
    this.#told = state
    this.#options.onState()
  }
}
