import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  type BatchExposure,
  type BatchOutcome,
  type EventBatch,
  type EventQuery,
  type EventStore,
  MATURITY_MS,
  type SeriesMinute,
} from './event-store.ts'
import { openForTest, type StoresFixture } from './stores-fixture.contract.ts'

const MINUTE = 60_000
const ada = '00000000000000aa'
const bob = 'ffffffffffffffbb'
const cyd = '00000000000000cc'

const cell = {
  flag: 'theme',
  scope: 'production',
  revision: 1,
  attempt: 1,
  variant: 'dark',
  arm: 'treatment',
  split: '',
} as const
const exposure = (parts: Partial<BatchExposure> = {}): BatchExposure => ({
  ...cell,
  reason: 'SPLIT',
  minute: 0,
  count: parts.units?.length ?? 1,
  units: [],
  ...parts,
})
const outcome = (parts: Partial<BatchOutcome> = {}): BatchOutcome => ({
  ...cell,
  metric: 'error',
  minute: 0,
  units: [ada],
  ...parts,
})
const batch = (parts: Partial<EventBatch> = {}): EventBatch => ({
  id: crypto.randomUUID(),
  at: 0,
  exposures: [],
  outcomes: [],
  maxMetrics: 50,
  ...parts,
})
const ALL: EventQuery = {
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  stepMs: Number.POSITIVE_INFINITY,
  limit: 1_000,
}
const NOTHING = { batches: 0, units: 0, sums: 0 }
const EVERYTHING = Number.MAX_SAFE_INTEGER

/** The promises of every {@link EventStore}. */
export function describeEventStore(name: string, makeFixture: () => StoresFixture): void {
  const given = async () => {
    const { events, log } = (await openForTest(makeFixture)).stores
    await Promise.all(['shop', 'bank'].map((project) => log.create(project)))
    return { store: events }
  }

  describe(`a batch in the ${name} event store`, () => {
    test('counts once, however often it is added, even at once', async () => {
      const { store } = await given()
      const one = batch({ exposures: [exposure({ units: [ada] })], outcomes: [outcome()] })

      const answers = await Promise.all([1, 2, 3].map(() => store.add('shop', one)))

      expect(answers.map(({ isNew }) => isNew)).toEqual([true, false, false])
      expect(answers.map(({ newUnits }) => [...newUnits.values()])).toEqual([[1], [], []])
      expect(await store.exposures('shop', ALL)).toMatchObject([{ count: 1, units: 1 }])
      expect(await store.outcomes('shop', ALL)).toMatchObject([{ metric: 'error', units: 1 }])
      expect(await store.add('bank', one)).toMatchObject({ isNew: true, dropped: 0 })
    })

    test('counts outcomes of known units only, where it exposes no others', async () => {
      const { store } = await given()
      await store.add('shop', batch({ exposures: [exposure({ units: [ada, bob] })] }))
      const ofKnown = { units: [ada, cyd], ofKnown: true } as const
      const outcomes = [
        outcome(ofKnown),
        outcome({ ...ofKnown, metric: 'alive' }),
        // A later allocation has exposed nobody, but an attempt expects "alive" once.
        outcome({ units: [bob], ofKnown: true, revision: 2 }),
        outcome({ units: [bob], ofKnown: true, revision: 2, metric: 'alive' }),
      ]

      const { newUnits } = await store.add('shop', batch({ outcomes }))

      expect([...newUnits]).toEqual([])
      expect(await store.exposures('shop', ALL)).toMatchObject([{ count: 2, units: 2 }])
      expect(await store.outcomes('shop', ALL)).toMatchObject([
        { revision: 1, metric: 'alive', units: 2, matured: 2 },
        { revision: 1, metric: 'error', units: 1, matured: 1 },
      ])
    })

    test("counts the caller's default as a variant of its own", async () => {
      const { store } = await given()
      const control = { variant: '', arm: 'control' } as const
      const exposures = [exposure({ units: [ada] }), exposure({ ...control, units: [bob] })]
      const outcomes = [outcome({ ...control, units: [bob] })]

      await store.add('shop', batch({ exposures, outcomes }))

      expect(await store.exposures('shop', ALL)).toMatchObject([
        { ...control, units: 1 },
        { variant: 'dark', units: 1 },
      ])
      expect(await store.outcomes('shop', ALL)).toMatchObject([{ ...control, units: 1 }])
    })

    test('counts a unit once per allocation and scope, in the cell of its first exposure', async () => {
      const { store } = await given()
      await store.add('shop', batch({ exposures: [exposure({ units: [ada] })] }))
      const again = [
        exposure({ units: [ada, bob], minute: MINUTE }),
        exposure({ units: [ada], variant: 'light', arm: 'control' }),
        exposure({ units: [ada], revision: 2 }),
        exposure({ units: [ada], scope: 'production/acme' }),
      ]
      await store.add('shop', batch({ exposures: again }))
      await store.add('shop', batch({ outcomes: [outcome({ variant: 'light', arm: 'control' })] }))

      const sums = await store.exposures('shop', { ...ALL, stepMs: MINUTE })
      expect(
        sums.map(({ start, scope, revision, arm, count, units }) => [
          start,
          scope,
          revision,
          arm,
          count,
          units,
        ]),
      ).toEqual([
        [MINUTE, 'production', 1, 'treatment', 2, 1],
        [0, 'production', 1, 'treatment', 1, 1],
        [0, 'production', 1, 'control', 1, 0],
        [0, 'production', 2, 'treatment', 1, 1],
        [0, 'production/acme', 1, 'treatment', 1, 1],
      ])
      expect(await store.outcomes('shop', ALL)).toMatchObject([
        { variant: 'dark', arm: 'treatment', units: 1 },
      ])
    })

    test('counts the first outcome of each metric, when it arrived and when its unit was exposed', async () => {
      const { store } = await given()
      const late = MATURITY_MS + MINUTE
      await store.add('shop', batch({ exposures: [exposure({ units: [ada, bob] })] }))
      for (const minute of [MINUTE, late])
        await store.add('shop', batch({ at: late, outcomes: [outcome({ minute })] }))
      await store.add(
        'shop',
        batch({ at: late, outcomes: [outcome({ minute: late, units: [bob] })] }),
      )

      const sums = await store.outcomes('shop', { ...ALL, stepMs: MINUTE })
      expect(sums.map(({ start, units, matured }) => ({ start, units, matured }))).toEqual([
        { start: late, units: 2, matured: 0 },
        { start: 0, units: 0, matured: 1 },
      ])
    })

    test('counts units and outcomes of each split without an arm, apart from calls', async () => {
      const { store } = await given()
      const split = { arm: '', split: 'fallthrough' } as const
      const ofRule = { arm: '', split: 'rule:pro' } as const
      const exposures = [
        exposure({ ...split, units: [ada] }),
        exposure({ ...ofRule, units: [ada, cyd] }),
        exposure({ arm: '', reason: 'TARGETING_MATCH', count: 900 }),
      ]
      const outcomes = [outcome({ ...ofRule, units: [ada, bob, cyd] })]
      await store.add('shop', batch({ exposures, outcomes }))

      expect(await store.exposures('shop', ALL)).toMatchObject([
        { split: '', reason: 'TARGETING_MATCH', count: 900, units: 0 },
        // Ada belongs to the split that served her first.
        { ...split, reason: 'SPLIT', count: 1, units: 1 },
        { ...ofRule, reason: 'SPLIT', count: 2, units: 2 },
      ])
      expect(await store.outcomes('shop', ALL)).toMatchObject([
        { ...split, units: 1, matured: 1 },
        { ...ofRule, units: 2, matured: 2 },
      ])
      const series = await store.series('shop', { ...cell, from: 0, to: MINUTE })
      expect(series).toMatchObject([
        { ...split, exposed: 1 },
        { ...ofRule, exposed: 2 },
      ])
    })

    test('exposes a unit whose outcome arrives first', async () => {
      const { store } = await given()
      await store.add('shop', batch({ at: MINUTE, outcomes: [outcome()] }))
      await store.add('shop', batch({ exposures: [exposure({ units: [ada], minute: MINUTE })] }))

      expect(await store.exposures('shop', ALL)).toMatchObject([{ count: 1, units: 1, start: 0 }])
      expect(await store.outcomes('shop', ALL)).toMatchObject([{ units: 1, matured: 1 }])
    })

    test.for([
      ['an hour', 60 * MINUTE, [120, 60]],
      ['a day', 24 * 60 * MINUTE, [0]],
      ['seven minutes', 7 * MINUTE, [119, 63]],
      ['everything', Number.POSITIVE_INFINITY, [65]],
    ] as const)('is summed over %s', async ([, stepMs, starts]) => {
      const { store } = await given()
      const units = Array.from({ length: 3 }, (_, i) => `${i}`.repeat(16))
      const minutes = [65, 69, 120]
      for (const [i, minute] of minutes.entries()) {
        const at = minute * MINUTE
        const parts = { minute: at, units: [units[i]!] }
        await store.add(
          'shop',
          batch({
            at,
            exposures: [exposure(parts)],
            outcomes: [outcome({ ...parts, metric: 'ms', buckets: [i] })],
          }),
        )
      }
      const query = { ...ALL, stepMs }
      const rows = starts.map((start, i) => {
        const until = starts[i - 1] ?? Number.POSITIVE_INFINITY
        const here = minutes.filter((minute) => minute >= start && minute < until)
        return { start: start * MINUTE, here }
      })

      expect(await store.exposures('shop', query)).toMatchObject(
        rows.map(({ start, here }) => ({ start, count: here.length, units: here.length })),
      )
      expect(await store.outcomes('shop', query)).toMatchObject(
        rows.map(({ start, here }) => ({
          start,
          units: here.length,
          matured: here.length,
          histogram: here.map((minute) => [minutes.indexOf(minute), 1]),
        })),
      )
    })

    test('measures only the queried time, and only on demand', async () => {
      const { store } = await given()
      for (const [i, unit] of [ada, bob].entries())
        await store.add(
          'shop',
          batch({
            at: i * MINUTE,
            outcomes: [outcome({ metric: 'ms', units: [unit], buckets: [i] })],
          }),
        )

      expect(await store.outcomes('shop', { ...ALL, from: MINUTE })).toMatchObject([
        { units: 1, histogram: [[1, 1]] },
      ])
      const latest = await store.outcomes('shop', { ...ALL, stepMs: MINUTE, limit: 1 })
      expect(latest).toMatchObject([{ start: MINUTE, histogram: [[1, 1]] }])
      const [sum] = await store.outcomes('shop', ALL)
      const plain = await store.outcomes('shop', { ...ALL, withoutHistograms: true })
      expect(plain).toEqual([{ ...sum, units: 2, histogram: [] }])
    })

    test('keeps the first measurement of each unit, by bucket', async () => {
      const { store } = await given()
      const measured = { metric: 'ms', units: [ada, bob, ada], buckets: [40, 3, 90] }
      await store.add('shop', batch({ outcomes: [outcome(measured)] }))
      await store.add('shop', batch({ at: MINUTE, outcomes: [outcome(measured)] }))

      expect(await store.outcomes('shop', ALL)).toMatchObject([
        {
          units: 2,
          histogram: [
            [3, 1],
            [40, 1],
          ],
        },
      ])
    })

    test('adds no more metrics than allowed, and counts the dropped outcomes', async () => {
      const { store } = await given()
      const of = (...metrics: string[]) => metrics.map((metric) => outcome({ metric }))
      const add = (maxMetrics: number, ...metrics: string[]) =>
        store.add('shop', batch({ maxMetrics, outcomes: of(...metrics) }))

      expect(await add(2, 'a', 'b', 'c', 'a')).toMatchObject({ isNew: true, dropped: 1 })
      expect(await add(2, 'b', 'd')).toMatchObject({ isNew: true, dropped: 1 })
      expect(await add(3, 'd', 'e')).toMatchObject({ isNew: true, dropped: 1 })
      expect((await store.outcomes('shop', ALL)).map(({ metric }) => metric)).toEqual([
        'a',
        'b',
        'd',
      ])
      const many = Array.from({ length: 60 }, (_, i) => `m${i}`)
      expect(await add(99, ...many)).toMatchObject({ isNew: true, dropped: 13 })
      expect(await add(99, 'm46')).toMatchObject({ isNew: true, dropped: 0 })
    })

    test.for<[string, Partial<EventQuery>, number]>([
      ['flag', { flag: 'new-checkout' }, 1],
      ['scope', { scope: 'production/acme' }, 1],
      ['the scope that it is in', { within: 'production' }, 3],
      ['a scope with a name like another', { within: 'production/ac' }, 0],
      ['revision', { revision: 7 }, 1],
      ['time', { from: MINUTE, to: 2 * MINUTE }, 1],
      ['nothing', {}, 4],
      ['at most', { limit: 2 }, 2],
    ])('is found by %s, latest first', async ([, query, found]) => {
      const { store } = await given()
      const parts = [
        { flag: 'new-checkout', minute: 0 },
        { scope: 'production/acme', minute: 2 * MINUTE },
        { revision: 7, scope: 'staging', minute: 3 * MINUTE },
        { minute: MINUTE },
      ]
      await store.add(
        'shop',
        batch({ exposures: parts.map((one) => exposure({ ...one, units: [ada] })) }),
      )
      for (const one of parts)
        await store.add('shop', batch({ at: one.minute, outcomes: [outcome(one)] }))

      for (const list of [store.exposures, store.outcomes]) {
        const starts = (await list('shop', { ...ALL, stepMs: MINUTE, ...query })).map(
          (row) => row.start,
        )
        expect(starts).toHaveLength(found)
        expect(starts).toEqual(starts.toSorted((a, b) => b - a))
        expect(await list('bank', { ...ALL, ...query })).toEqual([])
      }
    })

    test('is pruned by age, each kind by its own limit', async () => {
      const { store } = await given()
      const first = batch({ exposures: [exposure({ units: [ada] })] })
      await store.add('shop', first)
      const measured = outcome({ revision: 2, attempt: 2, minute: MINUTE, buckets: [1] })
      await store.add('shop', batch({ at: MINUTE, outcomes: [measured] }))

      await store.prune({ ...NOTHING, batches: MINUTE })
      expect(await store.add('shop', first)).toMatchObject({ isNew: true })
      expect(await store.exposures('shop', { ...ALL, revision: 1 })).toMatchObject([
        { count: 2, units: 1 },
      ])

      await store.prune({ ...NOTHING, units: MINUTE })
      await store.add('shop', batch({ exposures: [exposure({ units: [ada] })] }))
      expect(await store.exposures('shop', { ...ALL, revision: 1 })).toMatchObject([
        { count: 3, units: 2 },
      ])

      await store.prune({ ...NOTHING, sums: MINUTE })
      expect(await store.exposures('shop', ALL)).toMatchObject([{ revision: 2, units: 1 }])
      expect(await store.outcomes('shop', ALL)).toMatchObject([{ histogram: [[1, 1]] }])

      await store.prune({ batches: EVERYTHING, units: EVERYTHING, sums: EVERYTHING })
      expect(await store.exposures('shop', ALL)).toEqual([])
      expect(await store.outcomes('shop', ALL)).toEqual([])
    })

    test('has the same sums in whatever batches and steps its events come', async () => {
      const minute = fc.integer({ min: 0, max: 30 }).map((n) => n * MINUTE)
      const events = fc.array(
        fc.record({
          flag: fc.constantFrom('theme', 'new-checkout'),
          attempt: fc.integer({ min: 1, max: 2 }),
          revision: fc.integer({ min: 2, max: 4 }),
          metric: fc.constantFrom(undefined, 'error', 'alive'),
          unit: fc.constantFrom(ada, bob, '0000000000000000', '8000000000000000'),
          minute,
        }),
        { maxLength: 40 },
      )
      await fc.assert(
        fc.asyncProperty(events, fc.integer({ min: 1, max: 9 }), async (all, size) => {
          const { store } = await given()
          for (let i = 0; i < all.length; i += size) {
            const some = all
              .slice(i, i + size)
              .map(({ unit, ...one }) => ({ ...one, units: [unit] }))
            await store.add(
              'shop',
              batch({
                exposures: some.filter(({ metric }) => !metric).map((one) => exposure(one)),
                outcomes: some.flatMap(({ metric, ...one }) =>
                  metric ? outcome({ ...one, metric }) : [],
                ),
              }),
            )
          }
          const ALL_METRICS = ['error', 'alive']
          type Event = (typeof all)[number]
          const ofAttempt = ({ flag, attempt, unit }: Event) => `${flag} ${attempt} ${unit}`
          const ofAllocation = (one: Event) => `${ofAttempt(one)} ${one.revision}`
          const count = (nameOf: (event: Event) => string, metric?: string) =>
            new Set(all.filter((one) => !metric || one.metric === metric).map(nameOf)).size
          const sum = (rows: readonly { units: number }[]) =>
            rows.reduce((n, { units }) => n + units, 0)
          for (const stepMs of [MINUTE, 5 * MINUTE, Number.POSITIVE_INFINITY]) {
            const query = { ...ALL, stepMs }
            expect(sum(await store.exposures('shop', query))).toBe(count(ofAllocation))
            const outcomes = await store.outcomes('shop', query)
            for (const metric of ALL_METRICS)
              expect(sum(outcomes.filter((row) => row.metric === metric))).toBe(
                count(ofAttempt, metric),
              )
          }
          const minutes = await seriesOfAll(store, all)
          expect(sum(minutes.map(({ first }) => ({ units: first })))).toBe(count(ofAttempt))
          expect(sum(minutes.map(({ exposed }) => ({ units: exposed })))).toBe(count(ofAllocation))
          for (const metric of ALL_METRICS)
            expect(
              sum(minutes.flatMap((one) => one.outcomes.filter((row) => row.metric === metric))),
            ).toBe(count(ofAttempt, metric))
        }),
        { numRuns: 30 },
      )
    })
  })
  describe(`an attempt in the ${name} event store`, () => {
    const first = { revision: 3, attempt: 3 } as const
    const second = { revision: 5, attempt: 3 } as const
    const retry = { revision: 8, attempt: 8 } as const
    const query = { flag: 'theme', scope: 'production', attempt: 3, from: 0, to: 9 * MINUTE }

    test('counts a unit in each allocation, and each of its metrics once', async () => {
      const { store } = await given()
      for (const [i, allocation] of [first, second, retry].entries())
        await store.add(
          'shop',
          batch({
            at: i * MINUTE,
            exposures: [exposure({ ...allocation, minute: i * MINUTE, units: [ada] })],
            outcomes: [outcome({ ...allocation, minute: i * MINUTE })],
          }),
        )

      const exposed = await store.exposures('shop', ALL)
      expect(exposed.map(({ revision, units }) => [revision, units])).toEqual([
        [8, 1],
        [5, 1],
        [3, 1],
      ])
      const failed = await store.outcomes('shop', ALL)
      expect(failed.map(({ revision, units }) => [revision, units])).toEqual([
        [8, 1],
        [3, 1],
      ])
    })

    test('has a series of minutes by allocation, variant and arm', async () => {
      const { store } = await given()
      const control = { variant: 'light', arm: 'control', split: '' } as const
      const measured = { metric: 'ms', buckets: [7], minute: MINUTE }
      await store.add(
        'shop',
        batch({
          at: 2 * MINUTE,
          exposures: [
            exposure({ ...first, units: [ada] }),
            exposure({ ...first, ...control, minute: MINUTE, units: [bob] }),
            exposure({ ...second, minute: 2 * MINUTE, units: [ada, cyd] }),
            exposure({ ...first, reason: 'TARGETING_MATCH', count: 9 }),
            exposure({ ...retry, units: [ada] }),
          ],
          outcomes: [
            outcome({ ...first, ...measured }),
            outcome({ ...second, units: [cyd], minute: 2 * MINUTE }),
          ],
        }),
      )
      const dark = { variant: 'dark', arm: 'treatment', split: '' } as const
      const none = { units: 0, histogram: [] }
      const failure = { metric: 'error', units: 1, matured: 1, histogram: [] }
      const expected = [
        {
          ...{ revision: 3, ...dark, minute: 0, exposed: 1, first: 1 },
          outcomes: [{ ...none, metric: 'ms', matured: 1 }],
        },
        { revision: 3, ...control, minute: MINUTE, exposed: 1, first: 1, outcomes: [] },
        {
          ...{ revision: 3, ...dark, minute: 2 * MINUTE, exposed: 0, first: 0 },
          outcomes: [{ metric: 'ms', units: 1, matured: 0, histogram: [[7, 1]] }],
        },
        {
          ...{ revision: 5, ...dark, minute: 2 * MINUTE, exposed: 2, first: 1 },
          outcomes: [failure],
        },
      ]

      expect(await store.series('shop', query)).toEqual(expected)
      expect(await store.series('shop', { ...query, from: MINUTE, to: 2 * MINUTE })).toEqual(
        expected.slice(1, 2),
      )
      expect(await store.series('shop', { ...query, scope: 'staging' })).toEqual([])
      expect(await store.series('bank', query)).toEqual([])
    })

    test('has a series of any length, the oldest minute first', async () => {
      const { store } = await given()
      const minutes = [5, 65, 3_000, 3_001, 300_000]
      for (const minute of minutes)
        await store.add(
          'shop',
          batch({
            exposures: [
              exposure({
                ...first,
                minute: minute * MINUTE,
                units: [`${minute}`.padStart(16, '0')],
              }),
            ],
          }),
        )

      const all = { ...query, to: Number.MAX_SAFE_INTEGER }
      const found = await store.series('shop', all)
      expect(found.map(({ minute }) => minute / MINUTE)).toEqual(minutes)
      expect(await store.series('shop', { ...all, from: 3_000 * MINUTE })).toEqual(found.slice(2))
      expect(await store.series('shop', { ...all, to: 5 * MINUTE })).toEqual([])
    })

    test('counts a unit that is still there where it was seen first', async () => {
      const { store } = await given()
      await store.add('shop', batch({ exposures: [exposure({ ...first, units: [ada, bob] })] }))
      const again = exposure({ ...second, minute: 2 * MINUTE, units: [ada] })
      await store.add('shop', batch({ exposures: [again] }))
      const alive = outcome({ ...second, metric: 'alive', minute: 2 * MINUTE })
      await store.add('shop', batch({ at: 3 * MINUTE, outcomes: [alive] }))
      await store.add('shop', batch({ at: 4 * MINUTE, outcomes: [{ ...alive, ...first }] }))

      const series = await store.series('shop', query)
      expect(
        series.map(({ revision, minute, first: news, outcomes }) => [
          revision,
          minute / MINUTE,
          news,
          ...outcomes.map(({ units, matured }) => [units, matured]),
        ]),
      ).toEqual([
        [3, 0, 2, [0, 1]],
        [5, 2, 0],
        [3, 3, 0, [1, 0]],
      ])
    })

    test('has changed since a cursor only with a new unit or outcome', async () => {
      const { store } = await given()
      const seen = batch({ exposures: [exposure({ ...first, units: [ada] })] })
      await store.add('shop', seen)
      const start = await store.changedSince()
      expect(start.attempts).toBeUndefined()

      const old = [exposure({ ...first, units: [ada] }), exposure({ ...retry, count: 5 })]
      await store.add('shop', seen)
      await store.add('shop', batch({ exposures: old }))
      const unchanged = await store.changedSince(start.cursor)
      expect(unchanged.attempts).toEqual([])

      await store.add('bank', batch({ exposures: [exposure({ ...retry, units: [ada] })] }))
      await store.add('shop', batch({ outcomes: [outcome({ ...second })] }))
      const key = { flag: 'theme', scope: 'production' }
      const changed = await store.changedSince(unchanged.cursor)
      expect(changed.attempts).toEqual([
        { project: 'bank', ...key, attempt: 8 },
        { project: 'shop', ...key, attempt: 3 },
      ])
      expect((await store.changedSince(changed.cursor)).attempts).toEqual([])
      expect((await store.changedSince(start.cursor)).attempts).toHaveLength(2)
      expect((await store.changedSince('of another process')).attempts).toBeUndefined()
    })
  })
}

/** The series of all attempts of some events. */
async function seriesOfAll(
  store: EventStore,
  events: readonly { readonly flag: string; readonly attempt: number }[],
): Promise<readonly SeriesMinute[]> {
  const keys = new Map(events.map((one) => [`${one.flag} ${one.attempt}`, one]))
  const range = { scope: 'production', from: 0, to: Number.MAX_SAFE_INTEGER }
  const all = [...keys.values()].map(({ flag, attempt }) =>
    store.series('shop', { ...range, flag, attempt }),
  )
  return (await Promise.all(all)).flat()
}
