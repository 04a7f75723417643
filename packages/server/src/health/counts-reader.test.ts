import type { ProjectState } from '@flaghoist/core/model'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { BASE, givenShop, on, writeOf } from '../../test/shop.ts'
import { MINUTE_MS, startOfMinute } from '../time.ts'
import { createCountsReader } from './counts-reader.ts'
import { judgeCounts } from './judge-counts.ts'
import { readCounts } from './read-counts.ts'

const units = { project: 'shop', flag: 'theme', scope: 'production', arm: 'treatment' } as const

async function givenRollout() {
  const { projects, stores } = await givenShop()
  const rollout = { by: 'targetingKey', salt: 's', share: 50_000, serve: { variant: 'on' } }
  await projects.commit(
    ...writeOf([on('theme', 'production', { ...BASE, rollout, fallthrough: { variant: 'off' } })]),
  )
  return { state: projects.get('shop').state, events: stores.events }
}

/** A unit of an arm: the first half of its hash is its bucket. */
const unitOf = (arm: 'treatment' | 'control', number: number) =>
  `${arm === 'treatment' ? '0' : 'f'}0000000${number.toString(16).padStart(8, '0')}`

function batchOf(state: ProjectState, at: number, first: number, isFailing: boolean) {
  const minute = startOfMinute(at)
  const cells = (['treatment', 'control'] as const).map((arm, i) => ({
    flag: 'theme',
    scope: 'production',
    revision: state.version,
    attempt: state.version,
    split: '',
    variant: ['on', 'off'][i]!,
    arm,
    minute,
    units: Array.from({ length: 3 }, (_, n) => unitOf(arm, first + n)),
  }))
  return {
    id: `batch-${first}`,
    at,
    exposures: cells.map((cell) => ({ ...cell, reason: 'SPLIT' as const, count: 3 })),
    outcomes: isFailing
      ? cells.map((cell) => ({ ...cell, metric: 'error', units: cell.units.slice(0, 1) }))
      : [],
    maxMetrics: 50,
  }
}

describe('counts that are read again and again', () => {
  test('lead to the verdict of a recount, whatever arrives when', async () => {
    const step = fc.record({ minutes: fc.nat({ max: 40 }), isFailing: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const { state, events } = await givenRollout()
        let now = 1_000_000 * MINUTE_MS
        const reader = createCountsReader(events, () => now)
        for (const [i, { minutes, isFailing }] of steps.entries()) {
          now += minutes * MINUTE_MS
          await events.add('shop', batchOf(state, now, i * 10, isFailing))
          const counts = await reader.read(state, units)
          const terms = { flag: 'theme', scope: 'production', alpha: 0.01, oneIn: 1 }
          const input = { ...terms, state, now }
          const again = judgeCounts({ ...input, counts: await readCounts(events, state, units) })
          const cached = judgeCounts({ ...input, counts, tallies: counts.tallies })
          expect(cached.judged).toEqual(again.judged)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('are judged by a changed margin at once', async () => {
    const { state, events } = await givenRollout()
    const now = 1_000_000 * MINUTE_MS
    await events.add('shop', batchOf(state, now - 30 * MINUTE_MS, 0, true))
    const counts = await createCountsReader(events, () => now).read(state, units)
    const evidenceAt = (margin: number) => {
      const error = { key: 'error', name: 'Errors', kind: 'failure', role: 'guardrail' } as const
      const changed = { ...state, metrics: new Map([['error', { ...error, margin }]]) }
      const terms = { flag: 'theme', scope: 'production', alpha: 0.01, oneIn: 1 }
      const input = { ...terms, state: changed, now, counts }
      const judged = [counts.tallies, undefined].map((tallies) =>
        judgeCounts({ ...input, tallies }),
      )
      expect(judged[0]).toEqual(judged[1])
      return judged[0]!.judged.metrics.find(({ metric }) => metric === 'error')!.comparison.log10
    }
    expect(evidenceAt(900)).toBeLessThan(evidenceAt(0))
  })
})
