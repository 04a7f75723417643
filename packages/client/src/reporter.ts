import { hex8 } from '@flaghoist/core'
import {
  createExposures,
  type ExposureItem,
  type Exposures,
  type OutcomeItem,
} from './exposures.ts'
import type { HttpRequest, Platform } from './platform.ts'

interface Batch {
  readonly id: string
  readonly exposures: readonly ExposureItem[]
  readonly outcomes: readonly OutcomeItem[]
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
}

export interface Reporter {
  /** Exposures that were given up. */
  readonly dropped: number
  readonly exposures: Exposures
  /** Confirms what is held, at once; the latest word is enough. */
  confirm(held: Held): void
  /**
   * Sends what was counted. Resolves when all of it is sent, or something could not be.
   * @param isLast there may be no later: nothing waits for what is on its way
   */
  flush(isLast?: boolean): Promise<void>
  /** From now on, only what is flushed is sent. */
  stop(): void
}

const RETRY_MS = 10_000
const REQUEST_TIMEOUT_MS = 10_000
/** Batches that wait for a server that is away; then the oldest is dropped. */
const MOST_BATCHES = 30
/** Some 400 KB at most: servers take 1 MiB. */
const MOST_PER_BATCH = 2_000

/**
 * Tells the server what is held, and what was counted. One request at a time; a failed one is repeated under the same id,
 * so that nothing counts twice. Losing a report never affects an answer.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory; each of its functions is short.
export function createReporter({ platform, request, clientId }: ReporterOptions): Reporter {
  const queue: Batch[] = []
  let dropped = 0
  let held: Held | undefined
  let isHeldKnown = true
  let isSending = false
  let onItsWay: Batch | undefined
  let isFlushing = false
  let isStopped = false
  let dueAt = Number.POSITIVE_INFINITY
  /** After a failure, nothing is sent sooner. */
  let retryAt = 0
  let cancelTimer = () => {}
  let onIdle: (() => void)[] = []

  /** Sees to a report within so many ms. */
  const wake = (ms: number) => {
    const now = platform.elapsed()
    const at = Math.max(now + ms, retryAt)
    if (at >= dueAt || isStopped) return
    cancelTimer()
    dueAt = at
    cancelTimer = platform.schedule(at - now, () => void flush())
  }
  const exposures = createExposures(platform, (withinMs) => {
    if (exposures.size() >= MOST_PER_BATCH) pack()
    wake(withinMs)
  })

  const pack = () => {
    const [seen, outcomes] = exposures.take()
    if (seen.length + outcomes.length > 0)
      queue.push({ id: randomText(platform), exposures: seen, outcomes })
    if (queue.length > MOST_BATCHES) drop(queue.shift())
  }
  const drop = (batch: Batch | undefined) => {
    for (const { count } of batch?.exposures ?? []) dropped += count
  }

  /** Sends the next thing unless something is on its way. */
  const send = () => {
    if (isSending) return
    // While the server is away, counts go on adding up: a batch is made of them when one can be sent, or is full.
    if (isFlushing && queue.length === 0) pack()
    const [batch] = queue
    if (batch === undefined && isHeldKnown) return idle()
    const sent = held
    isSending = true
    onItsWay = batch
    post({ held, batch }, (status) => {
      isSending = false
      const isRefused = status >= 400 && status < 500 && ![401, 403, 404, 408, 429].includes(status)
      if (!isRefused && (status < 200 || status >= 300)) {
        const ms = RETRY_MS * (0.5 + platform.random())
        retryAt = platform.elapsed() + ms
        wake(ms)
        return idle()
      }
      retryAt = 0
      if (held === sent) isHeldKnown = true
      if (isRefused) drop(batch)
      if (queue[0] === batch) queue.shift()
      send()
    })
  }
  const idle = () => {
    isFlushing = false
    for (const resolve of onIdle) resolve()
    onIdle = []
  }

  const flush = (isLast = false) =>
    new Promise<void>((resolve) => {
      cancelTimer()
      dueAt = Number.POSITIVE_INFINITY
      isFlushing = true
      onIdle.push(resolve)
      if (isLast && isSending) {
        pack()
        // If there is a later, they come again under the same ids.
        for (const batch of queue) if (batch !== onItsWay) post({ batch }, () => {})
      }
      send()
    })

  /** @param onStatus is told 0 where no answer came */
  const post = (report: object, onStatus: (status: number) => void) => {
    const { headers, url } = request('/sdk/v1/events')
    let status = 0
    let abort = () => {}
    const end = () => {
      cancel()
      abort()
      onStatus(status)
    }
    const cancel = platform.schedule(REQUEST_TIMEOUT_MS, end)
    abort = platform.request(
      {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sdk: { id: clientId, name: platform.sdk }, ...report }),
      },
      {
        onHead(code) {
          status = code
        },
        onText() {},
        onEnd: end,
      },
    )
  }

  return {
    get dropped() {
      return dropped
    },
    exposures,
    confirm(now) {
      held = now
      isHeldKnown = false
      send()
    },
    flush,
    stop() {
      isStopped = true
      cancelTimer()
    },
  }
}

/** 16 hexadecimal digits that no other client has. */
export function randomText({ random }: Platform): string {
  const part = () => hex8(Math.floor(random() * 2 ** 32))
  return part() + part()
}
