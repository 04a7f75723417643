import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecord, EventSink } from './sinks/event-sink.ts'

export interface DeliveryOptions {
  /** Delivers some records; rejects where it could not, and is asked again. */
  readonly deliver: (records: readonly EventRecord[], signal: AbortSignal) => Promise<void>
  /** Told of trouble, at most once a minute, with what was given up so far. */
  readonly onTrouble: (error: unknown, dropped: number) => void
}

const MOST_WAITING = 10_000
const MOST_AT_ONCE = 100
const FIRST_RETRY_MS = 1_000
const MOST_RETRY_MS = 60_000
const CLOSE_MS = 5_000
const TELL_EVERY_MS = 60_000

/**
 * A bounded queue before something slow or fallible: one delivery at a time, again with more
 * patience each time.
 */
export function createDelivery({ deliver, onTrouble }: DeliveryOptions): EventSink {
  const waiting: EventRecord[] = []
  const closing = new AbortController()
  const stopped = new AbortController()
  let dropped = 0
  let toldAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const tell = (error: unknown) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return
    toldAt = performance.now()
    onTrouble(error, dropped)
  }
  const run = async () => {
    let retryMs = FIRST_RETRY_MS
    while (waiting.length > 0 && !stopped.signal.aborted) {
      const records = waiting.slice(0, MOST_AT_ONCE)
      try {
        await deliver(records, stopped.signal)
        // A flood may have pushed some of them out meanwhile.
        const last = waiting.indexOf(records.at(-1)!)
        waiting.splice(0, last + 1)
        retryMs = FIRST_RETRY_MS
      } catch (error) {
        tell(error)
        // Who closes wants one more try, and no waiting.
        if (closing.signal.aborted) break
        const ms = retryMs * (0.5 + Math.random() / 2)
        await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
        retryMs = Math.min(2 * retryMs, MOST_RETRY_MS)
      }
    }
    running = undefined
  }

  return {
    publish(record) {
      waiting.push(record)
      if (waiting.length > MOST_WAITING) {
        waiting.shift()
        dropped += 1
        tell(new Error('the queue is full'))
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
