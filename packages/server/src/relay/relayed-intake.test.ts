import type { Ruleset } from '@flaghoist/core'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { getOrSet } from '../get-or-set.ts'
import { BATCH_IDS_KEPT_MS } from '../ingest/locate-items.ts'
import type { QuotaReservation } from '../ingest/report-quota.ts'
import { MINUTE_MS } from '../time.ts'
import { createRelayedIntake } from './relayed-intake.ts'
import { openReportQueue } from './report-queue.ts'

const START = 1_795_766_400_000
const MAX_IDS = 2
const TARGET = {
  project: 'shop',
  scope: 'production',
  audience: 'server',
  source: 'relayed-1',
} as const
const RULESET = {
  scope: 'production',
  version: 9,
  flags: { 'new-checkout': { variants: { on: true } } },
} as unknown as Ruleset
const UNLIMITED: QuotaReservation = { reserve: () => true, commit() {}, release() {} }

/** A relay's intake that remembers few batches. Each of its batches has one exposure. */
function openIntake() {
  const queue = openReportQueue(':memory:', { maxBytes: 1_000_000, maxIds: MAX_IDS })
  const clock = { now: START }
  const intake = createRelayedIntake({
    config: { minFreeBytes: 0 },
    queue,
    forwarder: {
      wake() {},
      samplesOf: () => ({}),
      counts: { forwarded: 0, refused: 0 },
      close() {},
    },
    quota: { open: () => UNLIMITED } as never,
    freeSpace: { check: async () => ({ isEnough: true }) } as never,
    now: () => clock.now,
  })
  return {
    /** @param leadMs lead of the clock of the client */
    add(id: string, minute: number, leadMs = 0) {
      const cell = { flag: 'new-checkout', variant: 'on', revision: 1, reason: 'STATIC' } as const
      const batch = { id, exposures: [{ ...cell, minute, count: 1 }], outcomes: [] }
      const sdk = { id: 'a', name: 'test/1' }
      const from = { sdk, sentAt: clock.now + leadMs, address: '127.0.0.1' }
      const report = { ...from, batch, target: TARGET, ruleset: RULESET }
      return intake.add({ keyId: 'relayed-1' }, report)
    },
    clock,
    prune: () => queue.prune(clock.now - BATCH_IDS_KEPT_MS),
  }
}

type Step = { readonly send: number } | { readonly passMinutes: number } | 'prune'

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ send: fc.nat(5) }) },
    { weight: 3, arbitrary: fc.record({ passMinutes: fc.nat(900) }) },
    { weight: 2, arbitrary: fc.constant('prune' as const) },
  ),
  { minLength: 5, maxLength: 40 },
)
const leads = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 })

test('a batch counts once, however late and often a client sends it again', async () => {
  const run = async (list: readonly Step[], leadMinutes: readonly number[]) => {
    const { add, clock, prune } = openIntake()
    const minutes = new Map<number, number>()
    const counted = new Map<number, number>()
    for (const step of list) {
      if (step === 'prune') prune()
      else if ('passMinutes' in step) clock.now += step.passMinutes * MINUTE_MS
      else {
        const { send } = step
        const leadMs = leadMinutes[send]! * MINUTE_MS
        const minute = getOrSet(minutes, send, () => clock.now + leadMs)
        const { accepted } = await add(`batch-${send}`, minute, leadMs)
        counted.set(send, (counted.get(send) ?? 0) + accepted)
      }
    }
    expect(Math.max(0, ...counted.values())).toBeLessThanOrEqual(1)
  }
  await fc.assert(fc.asyncProperty(steps, leads, run), { numRuns: 300 })
})

test('a batch counts unless its id may be forgotten', async () => {
  const { add, clock, prune } = openIntake()
  const half = 30 * MINUTE_MS
  for (const id of ['batch-1', 'batch-2', 'batch-3']) {
    expect(await add(id, clock.now)).toEqual({ accepted: 1, dropped: 0 })
    clock.now += half
  }
  prune()
  expect(await add('batch-1', START)).toEqual({ accepted: 0, dropped: 1 })
  expect(await add('batch-2', START + half)).toMatchObject({ duplicate: true })
  expect(await add('batch-4', START + 2 * half)).toEqual({ accepted: 1, dropped: 0 })
})
