import { createConfirmations } from './confirmations.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { createRecorder, type Recorder, type Samples } from './recorder.ts'
import { type Batch, createReportQueue, type EventNumbers } from './report-queue.ts'
import { createReportSchedule } from './report-schedule.ts'
import { createReportSender, type HeldVersion, type Report } from './report-sender.ts'

export interface ReporterOptions {
  readonly platform: Platform
  readonly request: (path: string) => HttpRequest
  /** Random id of the client. */
  readonly clientId: string
  /** Called after exposures or outcomes were dropped. */
  readonly onDropped: () => void
  /** Returns false if the server refuses outcomes and rules of splits, as those before 0.2 do. */
  readonly countsSplits: () => boolean
}

/** Reports the held version, the exposures and their outcomes to the server. */
export interface Reporter {
  /** Returns the numbers of exposures and outcomes that were dropped. */
  dropped(): EventNumbers
  readonly recorder: Recorder
  /**
   * Confirms the held version within some ms, or with an earlier report. The latest confirmation
   * replaces those that still wait.
   */
  confirm(version: HeldVersion, withinMs: number): void
  /** Returns whether the server wants no reports now. */
  isQuiet(): boolean
  /**
   * Sends everything recorded. Resolves when all of it is sent, or when some could not be.
   * @param isLast the page may end: sends everything at once, in small pieces
   */
  flush(isLast?: boolean): Promise<void>
  /** Ends the recording of exposures and the automatic reports: only `flush` still sends. */
  stop(): void
}

/**
 * Minimum time between two reports of rollouts. The first after a quiet time leaves at once,
 * because a process that crashes on a new path must have been seen there.
 */
const URGENT_MS = 1_000
/** Time until a report of everything else. */
const REGULAR_MS = 10_000
const MAX_ITEMS_PER_BATCH = 2_000
/** Servers accept 1 MiB, and a character has at most three bytes. */
const MAX_BATCH_CHARACTERS = 300_000
/** Browsers send 64 KiB in all for a page that has ended. */
const MAX_FINAL_BATCH_CHARACTERS = 20_000

/** A report whose batch is in the queue. */
interface OwnReport extends Report {
  readonly batch?: Batch | undefined
}

/**
 * Creates a reporter. One request is open at a time, except at the end of a page. A failed batch is
 * repeated under its id, so that nothing counts twice. A lost report never affects an evaluation.
 */
export function createReporter(options: ReporterOptions): Reporter {
  const { platform, request, clientId } = options
  const queue = createReportQueue(platform, options.onDropped)
  const schedule = createReportSchedule(platform, () => void flush())
  const sendReport = createReportSender(platform, request, clientId)
  let samples: Samples = {}
  let isBusy = false
  let isFlushing = false
  let batchSentAt = -URGENT_MS
  let onIdle: (() => void)[] = []

  const onRecorded = (isUrgent: boolean) => {
    if (recorder.size() >= MAX_ITEMS_PER_BATCH) pack()
    const urgentMs = Math.max(0, batchSentAt + URGENT_MS - platform.elapsed())
    schedule.planWithin(isUrgent ? urgentMs : REGULAR_MS)
  }
  const recorder = createRecorder(platform, onRecorded, options.countsSplits, () => samples)
  const pack = (maxCharacters = MAX_BATCH_CHARACTERS) => queue.add(recorder.drain(), maxCharacters)

  const send = (report: OwnReport, onDone: (isDone: boolean) => void) => {
    const { batch } = report
    if (batch) {
      queue.take(batch)
      batchSentAt = platform.elapsed()
    }
    sendReport(report, ({ kind, waitMs, isUnwanted }, wanted) => {
      if (batch) queue.land(batch, kind)
      samples = wanted ?? samples
      const isDone = kind !== 'deferred'
      if (!isDone) schedule.retryAfter(waitMs, isUnwanted)
      onDone(isDone)
    })
  }
  const sendNext = () => {
    if (isBusy) return
    // While the server is away, counts add up: a batch is packed once it can be sent, or is full.
    if (isFlushing && queue.unsent().length === 0) {
      isFlushing = false // Later counts belong to the next report.
      pack()
    }
    const [batch] = queue.unsent()
    const pending = confirmations.pending()
    if (!batch && !pending) return settle()
    isBusy = true
    send({ held: confirmations.held(), batch }, (isDone) => {
      isBusy = false
      if (!isDone) return settle()
      schedule.clearRetry()
      confirmations.done(pending)
      sendNext()
    })
  }
  const confirmations = createConfirmations(platform, () => sendNext())
  const settle = () => {
    if (isBusy || queue.isInFlight()) return // The last report to end comes here.
    isFlushing = false
    for (const resolve of onIdle) resolve()
    onIdle = []
  }

  const flush = (isLast = false) =>
    new Promise<void>((resolve) => {
      schedule.cancel()
      isFlushing = true
      onIdle.push(resolve)
      const isQuiet = schedule.isQuiet()
      if (isLast) sendAll(isQuiet)
      if (!(isLast && isQuiet)) return sendNext()
      schedule.planWithin(0)
      settle()
    })
  /** Sends everything at once. A server that has asked for a pause receives only new events. */
  const sendAll = (isQuiet: boolean) => {
    const heldBack = isQuiet ? queue.unsent() : []
    pack(MAX_FINAL_BATCH_CHARACTERS)
    const due = queue.unsent().filter((batch) => !heldBack.includes(batch))
    // A request that ends at once has sent the next batch already.
    for (const batch of due)
      if (queue.unsent().includes(batch))
        send({ batch }, (isDone) => (isDone ? sendNext() : settle()))
  }

  return {
    dropped: queue.dropped,
    recorder,
    confirm: confirmations.plan,
    isQuiet: schedule.isQuiet,
    flush,
    stop() {
      recorder.stop()
      schedule.stop()
    },
  }
}
