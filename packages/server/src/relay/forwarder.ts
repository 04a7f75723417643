import { createReportSender, type ReportResult } from '@flaghoist/client/internal'
import { getOrSet } from '../get-or-set.ts'
import type { Flight, ReportQueue } from './report-queue.ts'
import type { Relayed } from './upstreams.ts'

type Samples = Readonly<Record<string, number>>

/** Sends the queued reports to the upstream, in batches of many clients. */
export interface Forwarder {
  /** Plans to send the reports of a connection soon. */
  wake(source: string): void
  /** Returns the samples of the last response. */
  samplesOf(source: string): Samples
  /** Numbers of events by the response of the upstream. */
  readonly counts: ForwardedCounts
  close(): void
}

export interface ForwardedCounts {
  /** Events that the upstream has accepted. */
  readonly forwarded: number
  /** Events of batches that the upstream has refused for good. */
  readonly refused: number
}

/** Least time between two batches of a connection, ms. */
const PACE_MS = 1_000
/** Time until another try after an error of the queue, ms. */
const RETRY_MS = 10_000

/** The sending of one connection: one request or one timer at a time. */
interface Lane {
  isBusy: boolean
  /** Monotonic ms. */
  sentAt: number
  samples: Samples
  timer?: NodeJS.Timeout
}

/**
 * @param find returns the connection of a name; undefined if its key is not in the settings
 * @param onError receives an error of the queue; the reports are sent later
 */
export function createForwarder(
  queue: ReportQueue,
  find: (source: string) => Relayed | undefined,
  onError: (error: unknown) => void,
): Forwarder {
  const lanes = new Map<string, Lane>()
  const counts = { forwarded: 0, refused: 0 }
  let isClosed = false

  const land = (flight: Flight, kind: ReportResult['kind']) => {
    if (kind === 'accepted') counts.forwarded += queue.end(flight)
    if (kind === 'rejected') counts.refused += queue.end(flight)
  }
  const attempt = (source: string, lane: Lane, step: () => void) => {
    try {
      step()
    } catch (error) {
      onError(error)
      plan(source, lane, RETRY_MS)
    }
  }
  const plan = (source: string, lane: Lane, ms: number) => {
    lane.isBusy = true
    lane.timer = setTimeout(() => {
      lane.isBusy = false
      attempt(source, lane, () => sendNext(source, lane))
    }, ms).unref()
  }
  const sendNext = (source: string, lane: Lane) => {
    const upstream = isClosed ? undefined : find(source)?.upstream
    const flight = upstream && queue.next(source)
    if (upstream === undefined || flight === undefined) return
    lane.isBusy = true
    lane.sentAt = performance.now()
    const sendReport = createReportSender(upstream.platform, upstream.request, upstream.id)
    sendReport({ batch: flight.batch }, ({ kind, waitMs }, samples) => {
      if (isClosed) return
      lane.samples = samples ?? lane.samples
      attempt(source, lane, () => {
        land(flight, kind)
        plan(source, lane, kind === 'deferred' ? waitMs : flight.isLast ? PACE_MS : 0)
      })
    })
  }

  return {
    wake(source) {
      const lane = getOrSet(lanes, source, newLane)
      if (!lane.isBusy) plan(source, lane, Math.max(0, lane.sentAt + PACE_MS - performance.now()))
    },
    samplesOf: (source) => lanes.get(source)?.samples ?? {},
    counts,
    close() {
      isClosed = true
      for (const { timer } of lanes.values()) clearTimeout(timer)
    },
  }
}

function newLane(): Lane {
  return { isBusy: false, sentAt: -PACE_MS, samples: {} }
}
