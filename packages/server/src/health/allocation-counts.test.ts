import { describe, expect, test } from 'vitest'
import { createMemoryStores } from '../stores/memory/memory-stores.ts'
import { countsByAllocation } from './allocation-counts.ts'

const MINUTE = 60_000
const [ada, bob, cyd] = ['00000000000000aa', '00000000000000bb', 'ffffffff000000cc'] as const
const attempt = { flag: 'theme', scope: 'production', attempt: 3, split: '' }
const treated = { ...attempt, variant: 'dark', arm: 'treatment' } as const
const control = { ...attempt, variant: 'light', arm: 'control' } as const
const allocations = [10_000, 50_000].map((share, i) => {
  const rollout = { by: 'targetingKey', salt: 's', share }
  return { start: [3, 5][i]!, attempt: 3, draws: { rollout } }
})

/** The counts of two allocations: of `ada` and `cyd`, then of `ada` and `bob`. */
async function given(metric: string, at = Number.MAX_SAFE_INTEGER) {
  const { log, events } = createMemoryStores()
  await log.create('shop')
  const exposure = { reason: 'SPLIT', count: 1 } as const
  const first = { revision: 3, minute: 0 }
  const second = { revision: 5, minute: MINUTE }
  await events.add('shop', {
    id: 'a-batch',
    at: 2 * MINUTE,
    exposures: [
      { ...exposure, ...treated, ...first, units: [ada] },
      { ...exposure, ...control, ...first, units: [cyd] },
      { ...exposure, ...control, ...first, variant: 'blue', units: [bob] },
      { ...exposure, ...treated, ...second, units: [ada, bob] },
      { ...exposure, ...attempt, ...first, variant: 'dark', arm: '', units: ['0123456789abcdef'] },
    ],
    outcomes: [
      { ...treated, ...second, metric: 'error', units: [ada] },
      { ...control, ...first, metric: 'alive', units: [cyd] },
      { ...control, ...first, metric: 'ms', units: [cyd], buckets: [9] },
      { ...control, ...first, metric: 'ms', variant: 'blue', units: [bob], buckets: [4] },
    ],
    maxMetrics: 50,
  })
  const series = await events.series('shop', { ...attempt, from: 0, to: 9 * MINUTE })
  return countsByAllocation(series, { metric, allocations, at })
}

const NONE = { control: 0, treatment: 0 }
const UNMEASURED = { control: [], treatment: [] }

describe('the counts of a metric', () => {
  test('have the share of their allocation, and units by arm and minute', async () => {
    expect(await given('error')).toEqual([
      {
        revision: 3,
        share: 0.1,
        minutes: [
          {
            minute: 0,
            exposed: { control: 2, treatment: 1 },
            arrived: NONE,
            matured: NONE,
            measured: UNMEASURED,
          },
          { minute: 2 * MINUTE, exposed: NONE, arrived: NONE, matured: NONE, measured: UNMEASURED },
        ],
      },
      {
        revision: 5,
        share: 0.5,
        minutes: [
          {
            minute: MINUTE,
            exposed: { control: 0, treatment: 2 },
            arrived: NONE,
            matured: { control: 0, treatment: 1 },
            measured: UNMEASURED,
          },
          {
            minute: 2 * MINUTE,
            exposed: NONE,
            arrived: { control: 0, treatment: 1 },
            matured: NONE,
            measured: UNMEASURED,
          },
        ],
      },
    ])
  })

  test('join the measurements of all variants of an arm', async () => {
    const [first] = await given('ms')

    expect(first!.minutes.at(-1)).toMatchObject({
      minute: 2 * MINUTE,
      arrived: { control: 2, treatment: 0 },
      measured: {
        control: [
          [4, 1],
          [9, 1],
        ],
        treatment: [],
      },
    })
  })

  test('expect a unit to be there once per attempt, and only after two minutes', async () => {
    const atOnce = await given('alive', 3 * MINUTE - 1)
    const soon = await given('alive', 3 * MINUTE)
    const later = await given('alive', 4 * MINUTE)

    expect(atOnce).toEqual([])
    expect(soon.map(({ minutes }) => minutes)).toMatchObject([
      [{ exposed: { control: 2, treatment: 1 }, matured: { control: 1, treatment: 0 } }],
    ])
    // Both units of the second allocation were exposed by the first one.
    expect(later.map(({ minutes }) => minutes.map(({ exposed }) => exposed))).toEqual([
      [{ control: 2, treatment: 1 }],
      [NONE],
    ])
  })
})
