import type { Arm, Prepared } from '@flaghoist/core'
import { send } from './http.ts'
import type { HttpRequest, Platform } from './platform.ts'

/** How often one variant was served in one minute. */
export interface ExposureReport {
  readonly flag: string
  readonly variant: string
  readonly arm?: Arm
  /** Start of the minute, epoch ms. */
  readonly minute: number
  readonly count: number
}

interface Batch {
  readonly id: string
  readonly counts: readonly ExposureReport[]
}

interface Held {
  readonly epoch: string
  readonly version: number
}

export interface ReporterOptions {
  readonly platform: Platform
  readonly request: (path: string) => HttpRequest
  /** Random id of this client. */
  readonly clientId: string
  readonly countsExposures: boolean
}

const MINUTE_MS = 60_000
const FLUSH_MS = 10_000
const REQUEST_TIMEOUT_MS = 10_000
/** Batches that wait for a server that is away; then the oldest is dropped. */
const MOST_BATCHES = 30
const COUNTS_PER_BATCH = 2_000

/**
 * Tells the server what is held and what was served. One request at a time; a failed one is repeated under the same id,
 * so that nothing counts twice. Losing a report never affects an answer.
 */
export class Reporter {
  /** Exposures that were given up because the server was away for too long. */
  dropped = 0
  readonly #options: ReporterOptions
  readonly #counts = new Map<string, { -readonly [K in keyof ExposureReport]: ExposureReport[K] }>()
  #queue: Batch[] = []
  #held: Held | undefined
  #isSending = false
  #stopTimer = () => {}
  #onIdle: (() => void)[] = []

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** @param prepared gives what answers now */
  start(prepared: () => Prepared | undefined): void {
    if (!this.#options.countsExposures) return
    this.#stopTimer = this.#options.platform.schedule(FLUSH_MS, () => {
      this.collect(prepared())
      void this.flush()
      this.start(prepared)
    })
  }

  /** Takes the counters of outcomes; called before they are replaced, and before each flush. */
  collect(prepared: Prepared | undefined): void {
    if (prepared === undefined || !this.#options.countsExposures) return
    const now = this.#options.platform.now()
    const minute = now - (now % MINUTE_MS)
    for (const { outcomes } of prepared.flags.values())
      for (const outcome of outcomes) {
        if (outcome.count === 0) continue
        const { flag, variant, count } = outcome
        const { arm } = outcome.flagMetadata
        outcome.count = 0
        const name = `${minute} ${arm ?? ''} ${flag} ${variant}`
        const known = this.#counts.get(name)
        if (known) known.count += count
        else this.#counts.set(name, { flag, variant, ...(arm && { arm }), minute, count })
      }
  }

  /** Confirms what is held; the latest word is enough. */
  confirm(held: Held): void {
    this.#held = held
    this.#send()
  }

  /** Sends what was collected. Resolves when it is sent, or could not be. */
  flush(): Promise<void> {
    this.#pack()
    if (!this.#send()) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  stop(): void {
    this.#stopTimer()
  }

  #pack(): void {
    const counts = [...this.#counts.values()]
    this.#counts.clear()
    for (let i = 0; i < counts.length; i += COUNTS_PER_BATCH)
      this.#queue.push({ id: this.#id(), counts: counts.slice(i, i + COUNTS_PER_BATCH) })
    while (this.#queue.length > MOST_BATCHES) {
      const lost = this.#queue.shift()!
      this.dropped += lost.counts.reduce((sum, { count }) => sum + count, 0)
    }
  }

  /** Sends the next thing unless something is on its way; tells whether there is anything. */
  #send(): boolean {
    if (this.#isSending) return true
    const batch = this.#queue[0]
    const held = this.#held
    if (batch === undefined && held === undefined) return false

    this.#isSending = true
    this.#post({ held, batch }, (isDone) => {
      this.#isSending = false
      if (isDone && this.#held === held) this.#held = undefined
      if (isDone && this.#queue[0] === batch) this.#queue.shift()
      // After a failure the next flush tries again.
      if (isDone && this.#send()) return
      for (const resolve of this.#onIdle.splice(0)) resolve()
    })
    return true
  }

  /** @param onDone told whether the server has taken it, or never will */
  #post(
    parts: { held: Held | undefined; batch: Batch | undefined },
    onDone: (isDone: boolean) => void,
  ): void {
    const { platform, request, clientId } = this.#options
    const { headers, url } = request('/sdk/v1/events')
    let answered = 0
    let isOver = false
    const end = (isDone: boolean) => {
      if (isOver) return
      isOver = true
      cancelTimeout()
      abort()
      onDone(isDone)
    }
    const cancelTimeout = platform.schedule(REQUEST_TIMEOUT_MS, () => end(false))
    let abort = () => {}
    abort = send(
      platform,
      {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sdk: { id: clientId, name: platform.sdk }, ...parts }),
      },
      {
        onHead: (status) => {
          answered = status
        },
        onText: () => {},
        // What the server does not understand now, it will not understand later.
        onEnd: () =>
          end(answered >= 200 && answered < 500 && ![401, 403, 408, 429].includes(answered)),
      },
    )
  }

  #id(): string {
    const { platform } = this.#options
    const part = () => platform.random().toString(36).slice(2, 10).padEnd(8, '0')
    return part() + part() + platform.now().toString(36)
  }
}
