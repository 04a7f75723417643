import { setTimeout as sleep } from 'node:timers/promises'
import { type Backoff, createBackoff } from '../backoff.ts'

/**
 * A bounded queue in front of a slow or unreliable receiver. Items are delivered in order, in
 * batches, one batch at a time. A failed batch is retried with backoff; its receiver may get it
 * more than once. When the queue is full, the oldest items are dropped.
 *
 * Per process today: the queue is in memory, so its items are lost when the process crashes, and
 * every process delivers the items that it queued itself.
 */
export interface DeliveryQueue<T> {
  /** Queues an item. Returns at once and never throws. */
  add(item: T): void
  /**
   * Delivers queued items for at most 5 s. An attempt that begins after the call and fails drops
   * the rest.
   */
  close(): Promise<void>
}

export interface DeliveryQueueOptions<T> {
  /** Delivers items; a rejection means that none of them counts as delivered. */
  readonly deliver: (items: readonly T[], signal: AbortSignal) => Promise<void>
  /** Called for failures, at most once a minute, with the number of items dropped so far. */
  readonly onFailure: (error: unknown, dropped: number) => void
  /** Waiting times between attempts. @default createBackoff() */
  readonly backoff?: Backoff
}

const MAX_QUEUED = 10_000
const MAX_BATCH = 100
const CLOSE_MS = 5_000
const FAILURE_INTERVAL_MS = 60_000

export function createDeliveryQueue<T>({
  deliver,
  onFailure,
  backoff = createBackoff(),
}: DeliveryQueueOptions<T>): DeliveryQueue<T> {
  const queued: T[] = []
  const closing = new AbortController()
  const stopped = new AbortController()
  let dropped = 0
  let announcedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const announce = (error: unknown) => {
    if (performance.now() - announcedAt < FAILURE_INTERVAL_MS) return
    announcedAt = performance.now()
    onFailure(error, dropped)
  }
  const deliverBatch = async () => {
    const batch = queued.slice(0, MAX_BATCH)
    await deliver(batch, stopped.signal)
    // A full queue may have dropped some of them meanwhile.
    queued.splice(0, queued.indexOf(batch.at(-1)!) + 1)
    backoff.reset()
  }
  const run = async () => {
    while (queued.length > 0 && !stopped.signal.aborted) {
      const isLast = closing.signal.aborted
      try {
        await deliverBatch()
      } catch (error) {
        announce(error)
        // Closing allows one more attempt at once, also after the attempt in flight.
        if (isLast) break
        const options = { signal: closing.signal, ref: false }
        await sleep(backoff.next(), undefined, options).catch(() => undefined)
      }
    }
    running = undefined
  }

  return {
    add(item) {
      queued.push(item)
      if (queued.length > MAX_QUEUED) {
        queued.shift()
        dropped += 1
        announce(new Error('the queue is full'))
      }
      running ??= run()
    },
    async close() {
      closing.abort()
      const timer = setTimeout(() => stopped.abort(), CLOSE_MS)
      await running
      clearTimeout(timer)
    },
  }
}
