import { randomUUID } from 'node:crypto'
import { createDeliveryQueue, type DeliveryQueueOptions } from '../delivery-queue.ts'
import { isAccepted, postWebhook, type WebhookTarget } from '../post-webhook.ts'
import type { EventRecord, EventSink } from './event-sink.ts'

export interface WebhookSinkOptions extends Pick<WebhookTarget, 'url' | 'secret'> {
  readonly onFailure: DeliveryQueueOptions<EventRecord>['onFailure']
}

/**
 * A sink that posts records to a URL, as signed messages. The operator sets the URL, so its host
 * may be private.
 */
export function createWebhookSink({ onFailure, url, secret }: WebhookSinkOptions): EventSink {
  const target = { url, secret, isTrustedHost: () => true }
  const idOf = createMessageIds()
  const queue = createDeliveryQueue<EventRecord>({
    async deliver(records, signal) {
      const message = { id: idOf(records), type: 'flaghoist.events', data: records }
      const response = await postWebhook(target, message, signal)
      if (!isAccepted(response)) throw new Error(`the receiver returned status ${response.status}`)
    },
    onFailure,
  })
  return { publish: queue.add, close: queue.close }
}

/** Returns a function that names a message: the same records in a retry are the same message. */
function createMessageIds(): (records: readonly EventRecord[]) => string {
  let last: { readonly first?: EventRecord; readonly count: number; readonly id: string } = {
    count: 0,
    id: '',
  }
  return (records) => {
    const [first] = records
    if (last.first !== first || last.count !== records.length)
      last = { ...(first && { first }), count: records.length, id: randomUUID() }
    return last.id
  }
}
