import type { ProjectState } from '@flaghoist/core/model'
import type { Subscription } from '@flaghoist/core/schema'
import type { Delivery } from '../../stores/outbox.ts'
import type { Clocks } from '../../time.ts'
import { type Message, messageOf, summaryOf } from '../channels/message.ts'
import type { Notice } from '../notices/notice.ts'
import { type Attempted, afterAttempt, waitAfter } from './attempt.ts'
import { isStillTrue } from './is-still-true.ts'
import { createPace } from './pace.ts'
import type { Results } from './results.ts'

export interface CourierOptions extends Clocks {
  readonly publicUrl: string | undefined
  /** Sends a message. Never rejects. */
  readonly send: (subscription: Subscription, message: Message) => Promise<Attempted>
  readonly random: () => number
}

/** Sends the messages of one subscription, at the pace that its receiver accepts. */
export interface Courier {
  /**
   * Sends one message, or skips deliveries that are no longer true.
   * @returns time until the next message is due, ms; 0 after a message or a skip
   */
  sendDue(
    state: ProjectState,
    subscription: Subscription,
    pending: readonly Delivery[],
  ): Promise<number>
  /** Forgets that the receiver has failed. */
  unblock(): void
}

export function createCourier(
  { publicUrl, send, random, now, elapsed }: CourierOptions,
  results: Results,
): Courier {
  const pace = createPace(elapsed)
  let blockedUntil = Number.NEGATIVE_INFINITY

  const attempt = async (subscription: Subscription, batch: readonly Delivery[]) => {
    pace.count()
    const result = await send(subscription, messageFor(batch, publicUrl))
    const waitMs = waitAfter(batch[0]!.attempts + 1, result, random)
    const after = batch.map((delivery) => afterAttempt(delivery, result, { now: now(), waitMs }))
    if (after.some(({ state }) => state === 'pending')) blockedUntil = elapsed() + waitMs
    await results.save(after)
  }

  return {
    async sendDue(state, subscription, pending) {
      const { perMinute } = subscription
      const due = pending.filter(({ dueAt }) => dueAt <= now())
      const next = due.length > 0 ? 0 : Math.min(...pending.map(({ dueAt }) => dueAt)) - now()
      const waitMs = Math.max(next, blockedUntil - elapsed(), pace.waitMs(perMinute))
      if (waitMs > 0) return waitMs
      const untrue = due.filter((delivery) => !isStillTrue(state, noticeOf(delivery), now()))
      if (untrue.length > 0) await results.save(skipped(untrue))
      else await attempt(subscription, due.length > pace.allowed(perMinute) ? due : [due[0]!])
      return 0
    },
    unblock() {
      blockedUntil = Number.NEGATIVE_INFINITY
    },
  }
}

/** Returns deliveries that are never sent. */
export function skipped(deliveries: readonly Delivery[]): readonly Delivery[] {
  return deliveries.map((delivery) => ({ ...delivery, state: 'skipped' }))
}

function messageFor(batch: readonly Delivery[], publicUrl: string | undefined): Message {
  const notices = batch.map(noticeOf)
  const [{ id }] = batch as readonly [Delivery]
  return batch.length === 1
    ? messageOf(id, notices[0]!, publicUrl)
    : summaryOf(`${id}-${batch.length}`, notices, publicUrl)
}

function noticeOf({ notice }: Delivery): Notice {
  return JSON.parse(notice) as Notice
}
