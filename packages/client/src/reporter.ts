import { hex8 } from '@flaghoist/core'
import {
  createExposures,
  type ExposureItem,
  type Exposures,
  type OutcomeItem,
} from './exposures.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { atLeast, retryAfterMs } from './retry.ts'

interface Batch {
  readonly id: string
  readonly exposures: ExposureItem[]
  readonly outcomes: OutcomeItem[]
}

/** What is told in one request. */
interface Report {
  readonly held?: Held | undefined
  readonly batch?: Batch | undefined
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
   * @param isLast there may be no later: everything is sent at once, in small pieces
   */
  flush(isLast?: boolean): Promise<void>
  /** From now on, only what is flushed is sent. */
  stop(): void
}

/** Between two reports of rollouts; after a quiet time one goes at once, because who crashes at a new path has to be seen there. */
const SOON_MS = 1_000
/** Until a report of everything else. */
const LATER_MS = 10_000
const RETRY_MS = 10_000
/** A wait for a key that was refused: somebody has to mend something first. */
const KEY_REFUSED_WAIT_MS = 60_000
const REQUEST_TIMEOUT_MS = 10_000
/** Batches that wait for a server that is away; then the oldest is dropped. */
const MAX_BATCHES = 30
const MAX_ITEMS_PER_BATCH = 2_000
/** Servers take 1 MiB, and a character is at most three bytes. */
const MAX_BATCH_CHARACTERS = 300_000
/** Browsers send 64 KiB of a page that has ended, in all. */
const MAX_FINAL_BATCH_CHARACTERS = 20_000

/**
 * Tells the server what is held, and what was counted. One request at a time; a failed one is repeated under the same id,
 * so that nothing counts twice. Losing a report never affects an answer.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory; each of its functions is short.
export function createReporter({ platform, request, clientId }: ReporterOptions): Reporter {
  const queue: Batch[] = []
  /** Batches that are on their way. */
  const sending = new Set<Batch>()
  let dropped = 0
  let held: Held | undefined
  let isHeldKnown = true
  /** The one report is on its way that others wait for. */
  let isBusy = false
  let isFlushing = false
  let isStopped = false
  let dueAt = Number.POSITIVE_INFINITY
  /** After a failure, nothing is sent sooner. */
  let retryAt = 0
  /** Until then the server has asked to be left alone, also by pages that are left. */
  let unwantedUntil = 0
  /** When a batch was sent last. */
  let sentAt = Number.NEGATIVE_INFINITY
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
  const exposures = createExposures(platform, (isUrgent) => {
    if (exposures.size() >= MAX_ITEMS_PER_BATCH) pack()
    wake(isUrgent ? Math.max(0, sentAt + SOON_MS - platform.elapsed()) : LATER_MS)
  })

  const pack = (maxCharacters = MAX_BATCH_CHARACTERS) => {
    const [seen, outcomes] = exposures.drain()
    let batch: Batch | undefined
    let size = 0
    const add = <T>(item: T, itemsOf: (batch: Batch) => T[]) => {
      const { length } = JSON.stringify(item)
      if (batch === undefined || size + length > maxCharacters) {
        batch = { id: randomText(platform), exposures: [], outcomes: [] }
        queue.push(batch)
        size = 0
      }
      size += length
      itemsOf(batch).push(item)
    }
    for (const item of seen) add(item, (one) => one.exposures)
    for (const item of outcomes) add(item, (one) => one.outcomes)
    while (queue.length > MAX_BATCHES) {
      const oldest = queue.find((one) => !sending.has(one))
      if (oldest === undefined) return
      drop(oldest)
    }
  }
  const remove = (batch: Batch) => {
    if (queue.includes(batch)) queue.splice(queue.indexOf(batch), 1)
  }
  const drop = (batch: Batch) => {
    remove(batch)
    for (const { count } of batch.exposures) dropped += count
  }

  /** Sends the next thing unless something is on its way. */
  const send = () => {
    if (isBusy) return
    // While the server is away, counts go on adding up: a batch is made of them when one can be sent, or is full.
    if (isFlushing && queue.every((one) => sending.has(one))) {
      isFlushing = false // What comes from now on is for the next report.
      pack()
    }
    const batch = queue.find((one) => !sending.has(one))
    if (batch === undefined && isHeldKnown) return idle()
    const sent = held
    isBusy = true
    deliver({ held, batch }, (isDone) => {
      isBusy = false
      if (!isDone) return idle()
      retryAt = 0
      if (held === sent) isHeldKnown = true
      send()
    })
  }
  const idle = () => {
    if (isBusy || sending.size > 0) return // Whatever ends last comes here.
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
      const isUnwanted = platform.elapsed() < unwantedUntil
      if (isLast) sendLast(isUnwanted)
      if (!(isLast && isUnwanted)) return send()
      wake(0) // As soon as it may be.
      idle()
    })

  /** Sends everything at once; of what a server does not want now, only what is new. */
  const sendLast = (isUnwanted: boolean) => {
    const heldBack = new Set(isUnwanted ? queue : [])
    pack(MAX_FINAL_BATCH_CHARACTERS)
    for (const batch of queue)
      if (!sending.has(batch) && !heldBack.has(batch))
        deliver({ batch }, (isDone) => (isDone ? send() : idle()))
  }

  /** Sends a report, and sees to it that one which failed is sent again. @param then is told whether it was dealt with */
  const deliver = (report: Report, then: (isDone: boolean) => void) => {
    const { batch } = report
    if (batch) {
      sending.add(batch)
      sentAt = platform.elapsed()
    }
    post(report, (status, retryMs) => {
      if (batch) sending.delete(batch)
      const isTaken = status >= 200 && status < 300
      const mayBeTaken = status < 400 || status >= 500 || [401, 403, 404, 408, 429].includes(status)
      if (!isTaken && mayBeTaken) {
        const isKeyRefused = status > 400 && status < 405
        const ms = (isKeyRefused ? KEY_REFUSED_WAIT_MS : RETRY_MS) * (0.5 + platform.random())
        const wait = atLeast(retryMs, ms)
        retryAt = platform.elapsed() + wait
        if (isKeyRefused || status === 429) unwantedUntil = retryAt
        wake(wait)
      } else if (batch) (isTaken ? remove : drop)(batch)
      then(isTaken || !mayBeTaken)
    })
  }

  /** @param onStatus is told 0 where no answer came, and how long the server wants to be left alone, in ms */
  const post = (report: Report, onStatus: (status: number, retryMs: number) => void) => {
    const { headers, url } = request('/sdk/v1/events')
    let status = 0
    let retryMs = 0
    let abort = () => {}
    const end = () => {
      cancel()
      abort()
      onStatus(status, retryMs)
    }
    const cancel = platform.schedule(REQUEST_TIMEOUT_MS, end)
    const sdk = { id: clientId, name: platform.sdk }
    abort = platform.request(
      {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sdk, sentAt: platform.now(), ...report }),
      },
      {
        onHead(code, header) {
          status = code
          retryMs = retryAfterMs(header('retry-after'), platform.now())
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
