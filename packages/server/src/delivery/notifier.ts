import { randomUUID } from 'node:crypto'
import type { Subscription } from '@flaghoist/core/schema'
import { problem } from '../errors.ts'
import type { Projects } from '../projects/projects.ts'
import type { Stores } from '../stores/stores.ts'
import type { Clocks } from '../time.ts'
import { testMessage } from './channels/message.ts'
import { sendMessage } from './channels/send-message.ts'
import { type Attempted, textOf } from './outbox/attempt.ts'
import { followProjects } from './outbox/follow-projects.ts'
import { createLanes, type LanesOptions } from './outbox/lanes.ts'
import { createNoticeWriter } from './outbox/notice-writer.ts'
import { isAccepted } from './post-webhook.ts'
import { openReceiver } from './subscriptions/sealed-receiver.ts'
import type { Vault } from './vault.ts'

export interface NotifierOptions extends Clocks {
  readonly projects: Projects
  readonly stores: Pick<Stores, 'log' | 'outbox'>
  readonly vault: Vault
  readonly isTrustedHost: (host: string) => boolean
  readonly publicUrl: string | undefined
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
 * Notifies the subscribers of all projects.
 *
 * Per process today: SQLite has one process at a time. Several processes on one store would record
 * each delivery once, but each of them would send it.
 */
export interface Notifier {
  /** Sends pending deliveries, and follows the changes of all projects. */
  start(): void
  /** Sends a test message to a subscription, and waits for the response. */
  test(project: string, subscription: Subscription): Promise<TestResult>
  /** Sends a failed delivery again. @throws {FlaghoistError} `DELIVERY_NOT_FAILED` … */
  retry(project: string, subscription: string, id: string): Promise<void>
  /** Ends after the messages in flight, within 5 s. Everything else stays pending. */
  close(): Promise<void>
}

const CLOSE_MS = 5_000

export function createNotifier(options: NotifierOptions): Notifier {
  const { projects, stores, onError, now } = options
  const { outbox } = stores
  const writer = createNoticeWriter(stores)
  const stopped = new AbortController()
  const send = senderOf(options, stopped.signal)
  const lanes = createLanes({ ...options, outbox, send })
  let unfollow = async () => {}

  const catchUp = async (project: string) => {
    // A project that was deleted since its last change has no notices.
    if (!projects.has(project)) return
    for (const key of await writer.catchUp(projects.get(project))) lanes.of(project, key).wake()
  }
  return {
    start() {
      if (projects.readOnly !== undefined) return
      for (const { key, state } of projects.list())
        for (const subscription of state.subscriptions.keys()) lanes.of(key, subscription).wake()
      unfollow = followProjects({ projects, catchUp, onError })
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
      lanes.of(project, subscription).retry()
    },
    async close() {
      const timer = setTimeout(() => stopped.abort(), CLOSE_MS)
      await unfollow()
      await lanes.close()
      clearTimeout(timer)
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
