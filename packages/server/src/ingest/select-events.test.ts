import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import type { ReportedExposure, ReportedOutcome } from './schemas.ts'
import { type SelectOptions, selectEvents } from './select-events.ts'

const MINUTE_MS = 60_000
const NOW = Date.parse('2026-11-20T08:00:30Z')
const THIS_MINUTE = Date.parse('2026-11-20T08:00:00Z')
const ada = '00000000000000aa'
const bob = '00000000000000bb'
const cyd = 'ffffffff000000cc' // Its bucket is above any share but the whole.

// Nothing else of a ruleset is looked at.
const ruleset = (scope: string) =>
  ({
    scope,
    version: 9,
    flags: {
      theme: { variants: { dark: 'd', light: 'l' } },
      plain: { variants: { dark: 'd' } },
    },
  }) as unknown as Ruleset

const options = (services: Partial<SelectOptions> = {}): SelectOptions => ({
  ruleset: ruleset('production/acme'),
  instances: new Set(['acme', 'globex']),
  allocationOf: ({ flag, arm }) => {
    const rollout = { by: 'targetingKey', salt: 's', share: 50_000 }
    const draws = arm === '' ? { splits: [] } : { rollout }
    return flag === 'theme' ? { start: 3, attempt: 2, draws } : undefined
  },
  sampleOf: () => ({ oneIn: 1, lately: 1 }),
  now: NOW,
  sentAt: undefined,
  reserve: () => true,
  hasUnits: true,
  ...services,
})

const SPLIT = { by: 'targetingKey', salt: 's', ranges: [[0, 100_000, 'dark']] } as const
const SPLITS = [
  ['rule:pro', SPLIT],
  ['fallthrough', SPLIT],
] as const

const exposure = (services: Partial<ReportedExposure> = {}): ReportedExposure => ({
  flag: 'theme',
  variant: 'dark',
  reason: 'STATIC',
  revision: 4,
  minute: THIS_MINUTE,
  count: 1,
  ...services,
})
const outcome = (services: Partial<ReportedOutcome> = {}): ReportedOutcome => ({
  flag: 'theme',
  variant: 'dark',
  arm: 'treatment',
  revision: 4,
  minute: THIS_MINUTE,
  metric: 'error',
  units: [ada],
  ...services,
})
const selected = (
  exposures: ReportedExposure[],
  outcomes: ReportedOutcome[] = [],
  services: Partial<SelectOptions> = {},
) => selectEvents({ id: 'batch-001', exposures, outcomes }, options(services))

describe('the selection of events', () => {
  test('keeps no units where no chance decides, and none beyond the budget of the key', () => {
    const compared = exposure({ arm: 'treatment', reason: 'SPLIT', units: [ada] })
    const plain = { ...compared, flag: 'plain' }

    const ofPlain = selected([exposure(plain)], [outcome({ flag: 'plain' })])
    const beyond = selected([exposure(compared)], [outcome()], { hasUnits: false })

    for (const { exposures, outcomes, accepted, dropped } of [ofPlain, beyond]) {
      expect(exposures).toMatchObject([{ count: 1, units: [] }])
      expect([outcomes, accepted, dropped]).toEqual([[], 1, 1])
    }
  })

  test('keeps the units of a sample, and outcomes of those that have just left it', () => {
    const units = ['00000000000000aa', '000000003fffffff', '0000000040000000', '0000000080000000']
    const compared = { arm: 'treatment', reason: 'SPLIT', count: 4, units } as const
    const buckets = [1, 2, 3, 4]
    const sampleOf = () => ({ oneIn: 4, lately: 2 })

    const { exposures, outcomes, accepted, dropped } = selected(
      [exposure(compared), exposure({ count: 7 })],
      [outcome({ units, buckets })],
      { sampleOf },
    )

    expect(exposures).toMatchObject([
      { count: 2, units: units.slice(0, 2) },
      { count: 7, units: [] },
    ])
    expect(outcomes).toMatchObject([
      { units: units.slice(0, 2), buckets: [1, 2] },
      { units: [units[2]], buckets: [3], ofKnown: true },
    ])
    expect(outcomes[0]).not.toHaveProperty('ofKnown')
    expect([accepted, dropped]).toEqual([12, 3])
  })

  test("keeps exposures to the caller's default, which have no variant", () => {
    const { exposures } = selected([exposure({ variant: undefined, arm: 'control', units: [cyd] })])

    expect(exposures).toMatchObject([{ variant: '', arm: 'control', units: [cyd] }])
  })

  test('keeps events of the ruleset, in its scope', () => {
    const cell = { flag: 'theme', variant: 'dark', scope: 'production/acme', split: '' }
    const drawn = { ...cell, revision: 3, attempt: 2 }
    expect(
      selected(
        [
          exposure({ count: 7 }),
          exposure({ arm: 'treatment', reason: 'SPLIT', count: 2, units: [ada, bob] }),
        ],
        [outcome({ metric: 'ms', buckets: [3] })],
      ),
    ).toEqual({
      exposures: [
        {
          ...cell,
          revision: 4,
          attempt: 4,
          arm: '',
          reason: 'STATIC',
          minute: THIS_MINUTE,
          count: 7,
          units: [],
        },
        {
          ...drawn,
          arm: 'treatment',
          reason: 'SPLIT',
          minute: THIS_MINUTE,
          count: 2,
          units: [ada, bob],
        },
      ],
      outcomes: [
        {
          ...drawn,
          arm: 'treatment',
          minute: THIS_MINUTE,
          metric: 'ms',
          units: [ada],
          buckets: [3],
        },
      ],
      accepted: 10,
      dropped: 0,
    })
  })

  test.for([
    ['an unknown flag', { flag: 'nope' }],
    ['an unknown variant', { variant: 'nope' }],
    ['a flag that every object has', { flag: 'constructor' }],
    ['a variant that every object has', { variant: 'toString' }],
    ['a day ago', { minute: NOW - 24 * 60 * MINUTE_MS }],
    ['a revision yet to come', { revision: 10 }],
  ] as const)('drops %s, and keeps its neighbours', ([, services]) => {
    const { exposures, outcomes, accepted, dropped } = selected(
      [exposure(), exposure({ ...services, count: 5 }), exposure()],
      [outcome(), outcome({ ...services, units: [ada, bob] })],
    )
    expect([exposures.length, outcomes.length, accepted, dropped]).toEqual([2, 1, 3, 7])
  })

  test('drops measurements without one bucket per unit', () => {
    const { outcomes, dropped } = selected([], [outcome({ units: [ada, bob], buckets: [1] })])
    expect([outcomes, dropped]).toEqual([[], 2])
  })

  test('drops units in an arm that their bucket contradicts, and keeps the others', () => {
    const mixed = { arm: 'treatment', units: [ada, cyd, bob] } as const
    const stray = { arm: 'control', units: [ada] } as const

    const { exposures, outcomes, accepted, dropped } = selected(
      [
        exposure({ ...mixed, units: [...mixed.units], count: 3 }),
        exposure({ ...stray, units: [ada] }),
      ],
      [outcome({ ...mixed, units: [...mixed.units], metric: 'ms', buckets: [1, 2, 3] })],
    )

    expect(exposures).toMatchObject([{ count: 2, units: [ada, bob] }])
    expect(outcomes).toMatchObject([{ units: [ada, bob], buckets: [1, 3] }])
    expect([accepted, dropped]).toEqual([4, 3])
  })

  test('counts units of a rollout that has ended, and none of a revision that drew no units', () => {
    const late = { arm: 'treatment', reason: 'SPLIT', units: [ada] } as const
    const items = [exposure({ ...late, units: [ada] })]

    const drawn = selected(items, [outcome()])
    const unknown = selected(items, [outcome()], { allocationOf: () => undefined })

    expect(drawn.exposures).toMatchObject([{ revision: 3, attempt: 2, units: [ada] }])
    expect(drawn.outcomes).toMatchObject([{ revision: 3, attempt: 2 }])
    expect(unknown.exposures).toMatchObject([{ revision: 4, attempt: 4, count: 1, units: [] }])
    expect(unknown.outcomes).toEqual([])
  })

  test('drops the units of an exposure without an arm or a split', () => {
    expect(selected([exposure({ units: [ada] })]).exposures).toMatchObject([{ arm: '', units: [] }])
  })

  test('keeps the units and outcomes of a split, without an arm', () => {
    const { arm: _, ...split } = outcome({ metric: 'paid' })
    const { exposures, outcomes } = selected(
      [exposure({ reason: 'SPLIT', units: [ada, bob] })],
      [split],
    )
    expect(exposures).toMatchObject([{ arm: '', reason: 'SPLIT', units: [ada, bob] }])
    expect(outcomes).toMatchObject([{ arm: '', variant: 'dark', metric: 'paid', units: [ada] }])
  })

  test.for([
    ['the one that it names, of several', 'pro', SPLITS, 'rule:pro'],
    ['the fallthrough, by an empty name', '', SPLITS, 'fallthrough'],
    ['none of several without a name, as from an older SDK', undefined, SPLITS, ''],
    [
      'the only one without a name, as from an older SDK',
      undefined,
      SPLITS.slice(0, 1),
      'rule:pro',
    ],
    ['none, by the name of no split', 'nope', SPLITS, ''],
    ['none of two outside the rules', '', [...SPLITS, ['rollout', SPLIT] as const], ''],
  ] as const)('counts the units of a split in %s', ([, rule, splits, split]) => {
    const allocationOf = () => ({ start: 3, attempt: 2, draws: { splits } })
    const drawn = exposure({ reason: 'SPLIT', rule, units: [ada] })
    const { exposures, outcomes } = selected([drawn], [outcome({ arm: undefined, rule })], {
      allocationOf,
    })
    expect(exposures).toMatchObject([{ split, units: [ada] }])
    expect(outcomes).toMatchObject([{ split, units: [ada] }])
  })

  test.for([
    ['its instance', 'production', 'globex', 'production/globex'],
    [
      'the whole environment, for an instance that there is not',
      'production',
      'nope',
      'production',
    ],
    ['the whole environment, for none', 'production', undefined, 'production'],
    [
      'the instance of the key, whatever the context says',
      'production/acme',
      'globex',
      'production/acme',
    ],
  ] as const)('counts in %s', ([, scope, instance, counted]) => {
    const { exposures } = selected([exposure({ instance })], [], { ruleset: ruleset(scope) })
    expect(exposures).toMatchObject([{ scope: counted }])
  })

  test('reserves units, or each started thousand of calls, in the quota of the key', () => {
    const asked: unknown[] = []
    const { accepted, dropped } = selected(
      [exposure({ count: 4_001 }), exposure({ arm: 'treatment', count: 1, units: [ada, bob] })],
      [outcome()],
      {
        reserve({ flag, scope, cell, events }) {
          const { revision, variant, arm, metric } = cell
          asked.push([flag, scope, [revision, variant, arm, metric], events])
          return events !== 5
        },
      },
    )
    expect(asked).toEqual([
      ['theme', 'production/acme', [4, 'dark', undefined, undefined], 5],
      ['theme', 'production/acme', [4, 'dark', 'treatment', undefined], 2],
      ['theme', 'production/acme', [4, 'dark', 'treatment', 'error'], 1],
    ])
    expect([accepted, dropped]).toEqual([3, 4_001])
  })

  test.for([
    ['as it is', THIS_MINUTE - 3 * MINUTE_MS, THIS_MINUTE - 3 * MINUTE_MS],
    ['at its start', THIS_MINUTE - 1, THIS_MINUTE - MINUTE_MS],
    ['no later than in ten minutes', THIS_MINUTE + 99 * MINUTE_MS, THIS_MINUTE + 10 * MINUTE_MS],
  ] as const)('counts a minute %s', ([, minute, counted]) => {
    expect(selected([exposure({ minute })]).exposures).toMatchObject([{ minute: counted }])
  })

  test.for([
    ['two days behind', -2 * 24 * 60],
    ['two days ahead', 2 * 24 * 60],
    ['an hour behind', -60],
  ] as const)('corrects the minutes of a clock that is %s', ([, off]) => {
    const clock = NOW + off * MINUTE_MS
    const minute = THIS_MINUTE + off * MINUTE_MS - 3 * MINUTE_MS
    const { exposures } = selected([exposure({ minute })], [], { sentAt: clock })
    expect(exposures).toMatchObject([{ minute: THIS_MINUTE - 3 * MINUTE_MS }])
  })

  test('keeps the minutes of a clock that deviates little', () => {
    const { exposures } = selected([exposure()], [], { sentAt: NOW - 9 * MINUTE_MS })
    expect(exposures).toMatchObject([{ minute: THIS_MINUTE }])
  })
})
