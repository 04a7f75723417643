import { randomUUID } from 'node:crypto'
import type { Subscription } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Projects } from '../projects/projects.ts'
import { repeat } from '../repeat.ts'
import { createHeldLease } from '../stores/held-lease.ts'
import type { Stores } from '../stores/stores.ts'
import type { Clocks } from '../time.ts'
import { testMessage } from './channels/message.ts'
import { sendMessage } from './channels/send-message.ts'
import { type Attempted, textOf } from './outbox/attempt.ts'
import type { LanesOptions } from './outbox/lanes.ts'
import type { ReadDailyReport } from './outbox/report-writer.ts'
import { type Sending, startSending } from './outbox/sending.ts'
import { isAccepted } from './post-webhook.ts'
import { openReceiver } from './subscriptions/sealed-receiver.ts'
import { traceAttempts } from './trace-attempts.ts'
import type { Vault } from './vault.ts'

export interface NotifierOptions extends Clocks {
  readonly projects: Projects
  readonly stores: Pick<Stores, 'log' | 'outbox' | 'leases'>
  readonly vault: Vault
  readonly isTrustedHost: (host: string) => boolean
  readonly publicUrl: string | undefined
  readonly readReport: ReadDailyReport
  readonly random: () => number
  readonly onError: (error: unknown) => void
}

/** The result of a test message. */
export interface TestResult {
  readonly delivered: boolean
  readonly status?: number | undefined
  readonly error?: string | undefined
}

/**
 * Notifies the subscribers of all projects. Of several processes on one store, the holder of the
 * lease `notices` derives and sends them.
 */
export interface Notifier {
  /** Sends deliveries and daily reports, and follows all projects, while it has the lease. */
  start(): void
  /** Sends a test message to a subscription, and waits for the response. */
  test(project: string, subscription: Subscription): Promise<TestResult>
  /**
   * Sends a failed delivery again: at once where this process has the lease, else within a minute.
   * @throws {FlaghoistError} `DELIVERY_NOT_FAILED` …
   */
  retry(project: string, subscription: string, id: string): Promise<void>
  /**
   * Ends after the messages in flight, within 5 s, and releases the lease. Everything else stays
   * pending.
   */
  close(): Promise<void>
}

const CLOSE_MS = 5_000
const KEEP_EVERY_MS = 1_000

export function createNotifier(options: NotifierOptions): Notifier {
  const { projects, stores, now } = options
  const { outbox } = stores
  const stopped = new AbortController()
  const send = traceAttempts(senderOf(options, stopped.signal))
  const lease = createHeldLease('notices', { ...options, leases: stores.leases })
  let sending: Sending | undefined
  let stop = async () => {}

  /** Sends during each term of the lease, and not between two of them. */
  const follow = async () => {
    const term = await lease.keep()
    if (term === sending?.term) return
    await sending?.close()
    sending = term && startSending({ ...options, lease, send }, term)
  }
  return {
    start() {
      if (projects.readOnly !== undefined) return
      stop = repeat(follow, KEEP_EVERY_MS)
    },
    async test(project, subscription) {
      const at = new Date(now()).toISOString()
      const message = testMessage(`msg_test-${randomUUID()}`, project, at)
      return testResult(await send(project, subscription, message))
    },
    async retry(project, subscription, id) {
      const delivery = await outbox.find(project, id)
      if (delivery?.subscription !== subscription)
        throw problem('ENTITY_NOT_FOUND', { kind: 'delivery', key: id })
      const { state } = delivery
      if (state !== 'failed') throw problem('DELIVERY_NOT_FAILED', { id, state, key: subscription })
      const again = { ...delivery, state: 'pending' as const, attempts: 0, dueAt: now() }
      await outbox.update(project, [again])
      sending?.retry(project, subscription)
    },
    async close() {
      const end = setTimeout(() => stopped.abort(), CLOSE_MS)
      await stop()
      await sending?.close()
      clearTimeout(end)
      await lease.release()
    },
  }
}

/** Returns a function that sends a message and never rejects. */
function senderOf(
  { vault, isTrustedHost }: NotifierOptions,
  signal: AbortSignal,
): LanesOptions['send'] {
  return async (project, subscription, message) => {
    try {
      const receiver = openReceiver(vault, project, subscription)
      return await sendMessage(receiver, message, { isTrustedHost, signal })
    } catch (error) {
      return { error }
    }
  }
}

function testResult(result: Attempted): TestResult {
  const status = 'status' in result ? { status: result.status } : {}
  return 'status' in result && isAccepted(result)
    ? { delivered: true, ...status }
    : { delivered: false, ...status, error: textOf(result) }
}
