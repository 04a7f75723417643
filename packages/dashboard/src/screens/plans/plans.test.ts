import { describe, expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { type Tag, tagText } from '../../forms/wanted-tags.ts'
import { stepsText } from '../../rollouts/run-texts.ts'
import {
  copyOf,
  draftOf,
  missingOf,
  newPlan,
  newWave,
  placeOfNewWave,
  planOf,
  selectorsOf,
  tagsOfPlan,
} from './plan-draft.ts'
import type { Plan, Selector, Step } from './plan-requests.ts'
import { endTexts, instancesText, minutesText, stepText } from './plan-texts.ts'

const NO_TAGS: readonly Tag[] = []

/** Returns the tags that a plan names, each once and in order, as the form has them. */
const tagsIn = (one: Plan): readonly Tag[] => [
  ...new Map(
    tagsOfPlan(one)
      .map((tag) => [tagText(tag), tag] as const)
      .sort(),
  ).values(),
]

const percent = fc.integer({ min: 1, max: 100_000 }).map((buckets) => buckets / 1_000)
const count = fc.nat(10_000)
const keys = fc.uniqueArray(fc.constantFrom('acme', 'globex', 'initech'), { minLength: 1 })
const selector: fc.Arbitrary<Selector> = fc
  .record(
    {
      keys,
      percent,
      tags: fc.dictionary(
        fc.constantFrom('tier', 'region'),
        fc.oneof(fc.constantFrom('a', 'b'), fc.constant<string[]>(['a', 'b'])),
        { minKeys: 1 },
      ),
      rest: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .filter((members) => Object.keys(members).length > 0)
const step: fc.Arbitrary<Step> = fc.record({
  audience: fc.oneof(fc.record({ share: percent }), fc.record({ segments: keys })),
  minMinutes: count,
  minUnits: count,
  gate: fc.constantFrom('healthy', 'time', 'manual'),
})
const wave = fc.record(
  {
    name: fc.constantFrom('Pilots', 'All'),
    instances: selector,
    steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    atOnce: count,
    waitAtMostHours: count,
  },
  { requiredKeys: ['name', 'instances', 'steps'] },
)
const plan: fc.Arbitrary<Plan> = fc.record(
  {
    key: fc.constant('own'),
    name: fc.constant('Own'),
    waves: fc.array(wave, { minLength: 1, maxLength: 3 }),
    onRegression: fc.constantFrom('rollback', 'hold'),
    failBudget: count,
    holdback: fc.option(fc.record({ percent, hours: count })),
    metrics: fc.subarray(['error', 'latency']),
  },
  { requiredKeys: ['key', 'name', 'waves', 'onRegression', 'failBudget', 'holdback'] },
)

describe('the draft of a plan', () => {
  test('keeps every member of any plan', () => {
    fc.assert(
      fc.property(plan, (one) => {
        const draft = draftOf(one)
        expect(planOf(draft, tagsIn(one))).toEqual(one)
        expect(missingOf(draft)).toBe(undefined)
        expect(selectorsOf(one)).toEqual(one.waves.map(({ instances }) => instances))
      }),
    )
  })

  test('of a new plan is complete but for its key', () => {
    const made = planOf({ ...newPlan(), key: ' pilots ' }, NO_TAGS)
    expect(made).toMatchObject({ key: 'pilots', name: 'pilots', failBudget: 1 })
    expect(made.waves.map(({ instances }) => instances)).toEqual([{ percent: 10 }, { rest: true }])
    expect(missingOf(newPlan())).toBe(undefined)
  })

  test('of a copy has no key and no name', () => {
    const made = planOf({ ...newPlan(), key: 'own', name: 'Own' }, NO_TAGS)
    expect(copyOf(made)).toEqual({ ...draftOf(made), key: '', name: '' })
  })

  test('names the wave and the step that nothing is chosen for', () => {
    const some = { ...newWave(), percent: '10' }
    const withSegments = { ...some.steps[0]!, audience: 'segments' as const }
    expect(missingOf({ waves: [some, newWave()] })).toBe('Choose the instances of wave 2.')
    expect(missingOf({ waves: [{ ...some, keys: [] }] })).toBe('Choose the instances of wave 1.')
    expect(missingOf({ waves: [{ ...some, steps: [some.steps[0]!, withSegments] }] })).toBe(
      'Choose a segment in step 2 of wave 1.',
    )
  })

  test.for(['', '0', '101', '1,2,3'])('has no preview for the percentage "%s"', (text) => {
    const waves = [{ ...newWave(), percent: text }]
    expect(selectorsOf(planOf({ ...newPlan(), waves }, NO_TAGS))).toBe(undefined)
  })

  test('has a new wave before one that takes the rest', () => {
    const rest = { ...newWave(), reach: 'rest' as const }
    expect(placeOfNewWave([newWave(), rest])).toBe(1)
    expect(placeOfNewWave([{ ...newWave(), hasEnvironment: true }])).toBe(0)
    expect(placeOfNewWave([newWave()])).toBe(1)
  })
})

describe('a plan in words', () => {
  test.for([
    [{ rest: true }, 'All instances that are left'],
    [{ percent: 10 }, 'The first 10 % of the instances'],
    [{ keys: ['acme', 'globex'] }, 'acme and globex'],
    [{ tags: { tier: ['pilot', 'internal'] } }, 'Instances with tier=pilot or internal'],
    [{ percent: 5, tags: { tier: 'a' } }, 'The first 5 % of the instances with tier=a'],
    [{ keys: ['acme'], rest: true }, 'acme and the environment itself'],
    [{ percent: Number.NaN }, 'The first … % of the instances'],
  ] as const)('selects by %j: %s', ([selected, text]) => {
    expect(instancesText(selected as Selector)).toBe(text)
  })

  test.for([
    [
      { audience: { share: 10 }, minMinutes: 90, minUnits: 1_500, gate: 'healthy' },
      '10 % of the users for at least 1 h 30 min and 1,500 users, until the metrics rule out harm',
    ],
    [
      { audience: { share: 100 }, minMinutes: 0, minUnits: 1, gate: 'time' },
      'All users for at least 1 user, unless a metric regresses',
    ],
    [
      { audience: { segments: ['staff'] }, minMinutes: 0, minUnits: 0, gate: 'manual' },
      'Segment staff, until a person advances it',
    ],
    [
      { audience: { segments: [] }, minMinutes: Number.NaN, minUnits: Number.NaN, gate: 'manual' },
      'Segments … for at least … min and … users, until a person advances it',
    ],
  ] as const)('has the step %j: %s', ([one, text]) => {
    expect(stepText(one as Step)).toBe(text)
  })

  test('has its steps in short', () => {
    const shares = [{ segments: ['staff', 'beta'] }, { share: 5 }].map((audience) => ({ audience }))
    expect(stepsText({ steps: shares as Step[] })).toBe('staff and beta → 5 %')
  })

  test.for([
    [0, '0 min'],
    [60, '1 h'],
    [1_440, '1 day'],
    [3_005, '2 days 2 h 5 min'],
  ] as const)('has %i minutes as %s', ([minutes, text]) => {
    expect(minutesText(minutes)).toBe(text)
  })

  test('says how it ends, and what a regression does', () => {
    const own = planOf({ ...newPlan(), key: 'own' }, NO_TAGS)
    expect(endTexts(own)).toEqual([
      'After the last step, all but 5 % of the users have the new variant. The others follow after 1 day.',
      'An instance that regresses is rolled back.',
      'With more than 1 rolled back, everything in progress is held.',
      'All guardrails and goals judge it.',
    ])
    const strict = { ...own, holdback: null, onRegression: 'hold' as const, failBudget: 0 }
    expect(endTexts({ ...strict, metrics: [] })).toEqual([
      'After the last step, all users have the new variant.',
      'An instance that regresses is held until a person decides.',
      'The first instance that is rolled back holds everything in progress.',
      'No metric judges it.',
    ])
    expect(endTexts({ ...own, metrics: ['error', 'order'] })[3]).toBe(
      'The metrics that judge it are error and order.',
    )
  })
})
