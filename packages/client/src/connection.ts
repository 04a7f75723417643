import { type AttemptHandlers, type Ending, type Endpoint, openStream, poll } from './attempt.ts'

/** How rulesets come in now. */
export type Transport = 'none' | 'stream' | 'poll'

export interface ConnectionState {
  readonly transport: Transport
  /** Monotonic ms when something usable last came; undefined if nothing ever has. */
  readonly heardAt: number | undefined
  readonly lastError: Error | undefined
}

export interface ConnectionOptions {
  readonly endpoint: Endpoint
  readonly pollIntervalMs: number
  readonly onHeard: () => void
  readonly onState: () => void
}

/** First waits are drawn from this; they double up to the cap, so that a whole fleet never comes at once. */
const FIRST_BACKOFF_MS = 5_000
const MOST_BACKOFF_MS = 10_000
/** A wait for a key that was refused: somebody has to mend something first. */
const REFUSED_WAIT_MS = 60_000
const MOST_WAIT_MS = 300_000
/** A connection that held this long has no failures behind it. */
const STABLE_MS = 60_000
/** So many failures within so much time, and the stream is given up for polling. */
const FAILURES_TO_POLL = 3
const FAILURES_WITHIN_MS = 30_000
/** How long polling goes on before the stream is tried again. */
const STREAM_RETRY_MS = 60_000

/**
 * The one loop that keeps a ruleset current: at any time it has one request or one timer, never two. Streams while that
 * works, polls while it does not.
 */
export class Connection implements ConnectionState {
  transport: Transport = 'none'
  heardAt: number | undefined
  lastError: Error | undefined

  readonly #options: ConnectionOptions
  #stop: () => void = () => {}
  #isStopped = true
  #attempts = 0
  #startedAt = 0
  #failures: number[] = []
  #pollsUntil = 0
  /** What came did not fit: the next question is for everything. */
  #isResyncing = false
  #etag: string | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  start(): void {
    this.#isStopped = false
    this.#next()
  }

  stop(): void {
    this.#isStopped = true
    this.#stop()
    this.transport = 'none'
  }

  get #platform() {
    return this.#options.endpoint.platform
  }

  #next(): void {
    if (this.#isStopped) return
    this.#startedAt = this.#platform.elapsed()
    if (this.#isResyncing || this.#startedAt < this.#pollsUntil) this.#poll()
    else this.#stream()
  }

  #stream(): void {
    this.#stop = openStream(this.#options.endpoint, {
      ...this.#handlers('stream'),
      onEnd: (ending) => this.#afterStream(ending),
    })
  }

  #poll(): void {
    this.#stop = poll(this.#options.endpoint, this.#etag, {
      ...this.#handlers('poll'),
      onEtag: (etag) => {
        this.#etag = etag
      },
      onEnd: (ending) => this.#afterPoll(ending),
    })
  }

  #handlers(transport: Transport): Pick<AttemptHandlers, 'onHeard'> {
    return {
      onHeard: () => {
        this.heardAt = this.#platform.elapsed()
        this.lastError = undefined
        this.#setTransport(transport)
        this.#options.onHeard()
      },
    }
  }

  #afterStream(ending: Ending): void {
    const now = this.#platform.elapsed()
    const wasStable = this.transport === 'stream' && now - this.#startedAt >= STABLE_MS
    if (wasStable) this.#attempts = 0
    this.#failed(ending)
    if (ending.kind === 'refused') this.#wait(this.#refusedWait(ending))
    else if (ending.kind === 'resync') this.#resync(ending)
    else this.#afterFailure(ending, now)
  }

  #afterFailure(ending: Ending, now: number): void {
    this.#failures = [...this.#failures, now].filter((at) => now - at < FAILURES_WITHIN_MS)
    const isHopeless = ending.kind === 'buffered' || ending.kind === 'busy'
    if (isHopeless || this.#failures.length >= FAILURES_TO_POLL) {
      this.#pollsUntil = now + STREAM_RETRY_MS
      this.#failures = []
    }
    this.#wait(ending.kind === 'buffered' ? 0 : this.#backoff(ending))
  }

  /** Fetches the whole ruleset, unconditionally, and goes back to the stream: at once, but not again and again. */
  #resync(ending: Ending): void {
    this.#etag = undefined
    this.#isResyncing = true
    this.#wait(this.#attempts === 0 ? 0 : this.#backoff(ending))
  }

  #afterPoll(ending: Ending): void {
    const { pollIntervalMs, endpoint } = this.#options
    if (ending.kind !== 'ended') {
      this.#failed(ending)
      this.#wait(ending.kind === 'refused' ? this.#refusedWait(ending) : this.#backoff(ending))
    } else if (this.#isResyncing) {
      this.#isResyncing = false
      this.#attempts += 1
      this.#wait(0)
    } else {
      this.#attempts = 0
      this.#wait(pollIntervalMs * (0.8 + 0.4 * endpoint.platform.random()))
    }
  }

  #failed({ error }: Ending): void {
    this.lastError = error ?? this.lastError
    this.#setTransport('none')
  }

  /** Exponential with full jitter; the server's own wish comes first. */
  #backoff({ retryMs }: Ending): number {
    const { random } = this.#platform
    const most = Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts)
    this.#attempts += 1
    return retryMs === undefined ? random() * most : Math.min(retryMs, MOST_WAIT_MS)
  }

  #refusedWait({ retryMs }: Ending): number {
    return retryMs ?? REFUSED_WAIT_MS * (0.5 + this.#platform.random())
  }

  #wait(ms: number): void {
    if (!this.#isStopped) this.#stop = this.#platform.schedule(ms, () => this.#next())
  }

  #setTransport(transport: Transport): void {
    const hasChanged = this.transport !== transport
    this.transport = transport
    if (hasChanged) this.#options.onState()
  }
}
