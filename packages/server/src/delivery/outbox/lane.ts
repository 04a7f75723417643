import { setTimeout as sleep } from 'node:timers/promises'
import type { ProjectState } from '@flaghoist/core/model'
import type { Outbox } from '../../stores/outbox.ts'
import { MINUTE_MS } from '../../time.ts'
import { type CourierOptions, createCourier, skipped } from './courier.ts'
import { createResults } from './results.ts'

export interface LaneOptions extends CourierOptions {
  readonly outbox: Outbox
  readonly project: string
  /** Key of the subscription. */
  readonly key: string
  readonly stateOf: () => ProjectState
  readonly onError: (error: unknown) => void
}

/** Sends the deliveries of one subscription, in order, one message at a time. */
export interface Lane {
  /** Sends deliveries when they are due, until none is pending. */
  wake(): void
  /** Wakes the lane, although its receiver has failed just now. */
  retry(): void
  /** Ends after the message in flight. */
  close(): Promise<void>
}

/** A rest ends after this time, because the wall clock may jump. */
const MAX_REST_MS = MINUTE_MS
const STORE_RETRY_MS = 5_000

export function createLane(options: LaneOptions): Lane {
  const { outbox, project, key, stateOf, onError } = options
  const results = createResults(outbox, project)
  const courier = createCourier(options, results)
  let alarm = new AbortController()
  let isClosed = false
  let running: Promise<void> | undefined

  /** Does the next thing. Returns the time to rest, ms; undefined if nothing is pending. */
  const step = async (): Promise<number | undefined> => {
    await results.flush()
    const pending = await outbox.pending(project, key)
    if (pending.length === 0) return undefined
    const state = stateOf()
    const subscription = state.subscriptions.get(key)
    if (subscription?.enabled === true) return courier.sendDue(state, subscription, pending)
    await results.save(skipped(pending))
    return 0
  }
  const run = async () => {
    while (!isClosed) {
      // Set before the outbox is read: a wake after the read must end the rest.
      alarm = new AbortController()
      const restMs = await step().catch((error: unknown) => {
        onError(error)
        return STORE_RETRY_MS
      })
      if (restMs === undefined) return
      if (restMs > 0) await rest(restMs, alarm.signal)
    }
  }
  const wake = () => {
    if (isClosed) return
    alarm.abort()
    // A wake during the last step of a run must not be lost.
    const begun = (running ?? Promise.resolve()).then(run)
    running = begun
  }

  return {
    wake,
    retry() {
      courier.unblock()
      wake()
    },
    async close() {
      isClosed = true
      alarm.abort()
      await running
    },
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  const options = { signal, ref: false }
  await sleep(Math.min(ms, MAX_REST_MS), undefined, options).catch(() => undefined)
}
