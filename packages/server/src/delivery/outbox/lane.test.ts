import type { RolloutRun, Subscription } from '@flaghoist/core/schema'
import { describe, expect, onTestFinished, test } from 'vitest'
import { givenShop, NOW } from '../../../test/shop.ts'
import { createMemoryStores } from '../../stores/memory/memory-stores.ts'
import type { Delivery, Outbox } from '../../stores/outbox.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'
import type { Message } from '../channels/message.ts'
import type { Notice } from '../notices/notice.ts'
import type { Attempted } from './attempt.ts'
import { createLane } from './lane.ts'

const START = Date.parse(NOW)
const NOTICE: Notice = {
  event: 'held',
  severity: 'warning',
  project: 'shop',
  change: 5,
  at: NOW,
  flags: ['search'],
  rollout: 'r1',
  scopes: ['production/acme'],
  what: 'The rollout of "search" is held in production/acme.',
  done: 'The share there stays as it is.',
  todo: 'Look at the metrics.',
}

function deliveryOf(seq: number, notice: Partial<Notice> = {}, dueAt = START): Delivery {
  return {
    id: `m${seq}`,
    subscription: 'ops',
    seq,
    at: START,
    notice: JSON.stringify({ ...NOTICE, ...notice }),
    state: 'pending',
    attempts: 0,
    dueAt,
  }
}

interface Given {
  readonly pending: readonly Delivery[]
  readonly respond?: (message: Message) => Attempted
  readonly run?: Partial<RolloutRun>
  readonly outbox?: (outbox: Outbox) => Outbox
}

/** A lane over an outbox, with clocks that the test sets. */
async function given({ pending, respond = () => OK, run, outbox: wrap = (one) => one }: Given) {
  const { outbox: stored, log } = createMemoryStores()
  await stored.record(await log.create('shop'), { cursor: 9, deliveries: pending })
  const { projects } = await givenShop()
  const subscription = { key: 'ops', enabled: true, perMinute: 60 } as Subscription
  const held = { state: 'held', since: NOW, ...run } as RolloutRun
  const state = {
    ...projects.get('shop').state,
    subscriptions: new Map([['ops', subscription]]),
    runs: new Map([['r1', new Map([['production/acme', held]])]]),
  }
  let passed = 0
  const sent: Message[] = []
  const errors: unknown[] = []
  const lane = createLane({
    outbox: wrap(stored),
    project: 'shop',
    key: 'ops',
    stateOf: () => state,
    publicUrl: undefined,
    async send(_, message) {
      sent.push(message)
      return respond(message)
    },
    random: () => 0.5,
    now: () => START + passed,
    elapsed: () => passed,
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => lane.close())
  const find = async (id = 'm5') => (await stored.find('shop', id))!
  return {
    sent,
    errors,
    find,
    /** Wakes the lane some time later, and waits until it has settled what is due. */
    async after(ms: number, settled: () => Promise<boolean>) {
      passed += ms
      lane.wake()
      await expect.poll(settled).toBe(true)
    },
  }
}

const OK = { status: 200, retryAfterMs: undefined }
const HOLD = { holdsForMs: 30 * MINUTE_MS }
const DUE = START + 30 * MINUTE_MS

describe('a notice of a hold that most often ends by itself', () => {
  test('is sent after half an hour', async () => {
    const { sent, after, find } = await given({
      pending: [deliveryOf(5, HOLD, DUE), deliveryOf(6)],
    })

    await after(MINUTE_MS, async () => (await find('m6')).state === 'delivered')
    expect(sent.map(({ id }) => id)).toEqual(['m6'])
    await after(30 * MINUTE_MS, async () => (await find()).state === 'delivered')
    expect(sent.map(({ id }) => id)).toEqual(['m6', 'm5'])
  })

  test.for([
    ['the hold has ended', { state: 'exposing' }],
    ['the run is in another hold', { since: new Date(DUE).toISOString() }],
  ] as const)('is skipped if %s', async ([, run]) => {
    const { sent, after, find } = await given({ pending: [deliveryOf(5, HOLD, DUE)], run })

    await after(31 * MINUTE_MS, async () => (await find()).state === 'skipped')
    expect(sent).toEqual([])
  })
})

describe('a message that fails', () => {
  test('is repeated for a day at growing intervals, and then fails for good', async () => {
    const { sent, after, find } = await given({
      pending: [deliveryOf(5)],
      respond: () => ({ status: 500, retryAfterMs: undefined }),
    })
    const waits: number[] = []
    for (let attempts = 1; (await find()).state === 'pending'; attempts += 1) {
      await after(waits.at(-1) ?? 0, async () => (await find()).attempts === attempts)
      const { dueAt, attemptedAt } = await find()
      waits.push(dueAt - attemptedAt!)
    }

    expect(sent).toHaveLength(10)
    expect(await find()).toMatchObject({ state: 'failed', attempts: 10, status: 500 })
    const total = waits.slice(0, -1).reduce((sum, ms) => sum + ms, 0)
    expect(total).toBeGreaterThan(0.8 * DAY_MS)
    expect(waits.slice(0, 9)).toEqual(waits.slice(0, 9).toSorted((a, b) => a - b))
  })

  test('of a flood is repeated as one summary', async () => {
    let isUp = false
    const pending = [5, ...Array.from({ length: 70 }, (_, i) => i + 6)].map((seq) =>
      deliveryOf(seq),
    )
    const { sent, after, find } = await given({
      pending,
      respond: () => (isUp ? OK : { error: new Error('down') }),
    })
    await after(0, async () => (await find('m75')).attempts === 1)
    isUp = true
    await after(10_000, async () => (await find('m75')).state === 'delivered')

    expect(sent).toHaveLength(2)
    expect(sent[1]).toMatchObject({ type: 'notice.summary', title: '71 notices: 71 held.' })
  })
})

test('a result that the store refuses is stored later, and the message is not sent again', async () => {
  let refusals = 1
  const { sent, errors, after, find } = await given({
    pending: [deliveryOf(5)],
    outbox: (outbox) => ({
      ...outbox,
      async update(...parts) {
        refusals -= 1
        if (refusals >= 0) throw new Error('full')
        await outbox.update(...parts)
      },
    }),
  })
  await after(0, async () => errors.length === 1)
  await after(10_000, async () => (await find()).state === 'delivered')

  expect(sent).toHaveLength(1)
})
