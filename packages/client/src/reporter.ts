import type { Arm, Resolution } from '@flaghoist/core'
import { send } from './http.ts'
import type { HttpRequest, Platform } from './platform.ts'

/** How often one variant was served in one minute. */
interface ExposureReport {
  readonly flag: string
  readonly variant: string
  readonly arm?: Arm
  /** Start of the minute, epoch ms. */
  readonly minute: number
  count: number
}

interface Batch {
  readonly id: string
  readonly counts: readonly ExposureReport[]
}

interface Held {
  readonly epoch: string
  readonly version: number
}

interface Report {
  readonly held: Held | undefined
  readonly batch: Batch | undefined
}

/** What became of a report: `refused` ones would be refused again, `failed` ones may be taken later. */
type Fate = 'taken' | 'refused' | 'failed'

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
/** Refusals that have another cause than the report. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 408, 429])

/**
 * Tells the server what is held and what was served. One request at a time; a failed one is repeated under the same id,
 * so that nothing counts twice. Losing a report never affects an answer.
 */
export class Reporter {
  /** Exposures that were given up. */
  dropped = 0
  readonly #options: ReporterOptions
  readonly #counts = new Map<string, ExposureReport>()
  /** Uses since they were last collected. */
  readonly #served = new Map<Resolution, number>()
  readonly #queue: Batch[] = []
  #minute: number
  #held: Held | undefined
  #isHeldKnown = true
  #isSending = false
  #isFlushing = false
  #stopTimer = () => {}
  readonly #onIdle: (() => void)[] = []

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#minute = minuteOf(options.platform)
  }

  start(): void {
    const { platform } = this.#options
    // No interval reaches over the end of a minute, so that each count belongs to one.
    const untilMinute = MINUTE_MS - (platform.now() % MINUTE_MS)
    this.#stopTimer = platform.schedule(Math.min(FLUSH_MS, untilMinute), () => {
      this.collect()
      void this.flush()
      this.start()
    })
  }

  stop(): void {
    this.#stopTimer()
  }

  /** Counts that an answer was served. */
  count(resolution: Resolution): void {
    if (!this.#options.countsExposures) return
    this.#served.set(resolution, (this.#served.get(resolution) ?? 0) + 1)
  }

  /** Takes what was counted; called before the answers are others, and before each flush. */
  collect(): void {
    const minute = this.#minute
    this.#minute = minuteOf(this.#options.platform)
    for (const [{ parts, variant, flagMetadata }, count] of this.#served) {
      const { flag } = parts
      const { arm } = flagMetadata
      const name = `${minute} ${arm ?? ''} ${flag} ${variant}`
      const known = this.#counts.get(name)
      if (known) known.count += count
      else this.#counts.set(name, { flag, variant, ...(arm && { arm }), minute, count })
    }
    this.#served.clear()
  }

  /** Confirms what is held, at once; the latest word is enough. */
  confirm(held: Held): void {
    this.#held = held
    this.#isHeldKnown = false
    this.#send()
  }

  /** Sends what was collected. Resolves when all of it is sent, or something could not be. */
  flush(): Promise<void> {
    this.#isFlushing = true
    if (!this.#send()) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  /** Sends the next thing unless something is on its way; tells whether anything is. */
  #send(): boolean {
    if (this.#isSending) return true
    if (this.#isFlushing) this.#pack()
    const report: Report = { held: this.#held, batch: this.#queue[0] }
    if (report.batch === undefined && this.#isHeldKnown) {
      this.#isFlushing = false
      return false
    }
    this.#isSending = true
    this.#post(report, (fate) => this.#after(report, fate))
    return true
  }

  #after({ held, batch }: Report, fate: Fate): void {
    this.#isSending = false
    if (fate !== 'failed') {
      if (this.#held === held) this.#isHeldKnown = true
      if (fate === 'refused') this.dropped += totalOf(batch)
      if (this.#queue[0] === batch) this.#queue.shift()
      if (this.#send()) return
    }
    // After a failure the next flush tries again.
    this.#isFlushing = false
    for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  /** While the server is away, counts go on adding up: a batch is made of them when one can be sent, or is full. */
  #pack(): void {
    if (this.#queue.length > 0 && this.#counts.size < COUNTS_PER_BATCH) return
    const counts = [...this.#counts.values()]
    this.#counts.clear()
    for (let i = 0; i < counts.length; i += COUNTS_PER_BATCH)
      this.#queue.push({
        id: randomText(this.#options.platform),
        counts: counts.slice(i, i + COUNTS_PER_BATCH),
      })
    while (this.#queue.length > MOST_BATCHES) this.dropped += totalOf(this.#queue.shift())
  }

  #post(report: Report, onFate: (fate: Fate) => void): void {
    const { platform, request, clientId } = this.#options
    const { headers, url } = request('/sdk/v1/events')
    let fate: Fate = 'failed'
    let abort = () => {}
    const end = () => {
      cancelTimeout()
      abort()
      onFate(fate)
    }
    const cancelTimeout = platform.schedule(REQUEST_TIMEOUT_MS, end)
    abort = send(
      platform,
      {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sdk: { id: clientId, name: platform.sdk }, ...report }),
      },
      {
        onHead: (status) => {
          fate = fateOf(status)
        },
        onText: () => {},
        onEnd: end,
      },
    )
  }
}

function fateOf(status: number): Fate {
  if (status >= 200 && status < 300) return 'taken'
  return status >= 400 && status < 500 && !PASSING_REFUSALS.has(status) ? 'refused' : 'failed'
}

function minuteOf({ now }: Platform): number {
  const at = now()
  return at - (at % MINUTE_MS)
}

function totalOf(batch: Batch | undefined): number {
  return batch?.counts.reduce((sum, { count }) => sum + count, 0) ?? 0
}

/** 128 random bits. */
export function randomText({ random }: Platform): string {
  const part = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return part() + part() + part() + part()
}
