import type { Freeze, ProgressiveRollout } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { NOW } from '../../../test/shop.ts'
import type { PlannedEdit } from '../../projects/projects.ts'
import { viewOf } from '../advance-rollout.ts'
import { advance, givenRolloutShop, healthy, PLAN, step } from '../rollouts-fixture.ts'
import { forecastOf } from './forecast.ts'

/** 08:00 UTC on a Friday. */
const START = Date.parse(NOW)

/** A rollout that has just been started, and its forecast. */
async function given(plan: Partial<ProgressiveRollout['plan']> = {}, edits: PlannedEdit[] = []) {
  const { projects, start } = await givenRolloutShop(edits)
  await start({ plan: { ...PLAN, ...plan } })
  const forecast = (users: Record<string, number> = {}, now = START) => {
    const { state } = projects.get('shop')
    const input = { ...healthy({ now, health: () => ({ minutes: 0, units: 0 }) }) }
    const view = viewOf(state, state.rollouts.get('r1')!, input)
    return forecastOf({ ...view, state, users: new Map(Object.entries(users)) })
  }
  return { projects, forecast }
}

const instants = (times: readonly string[]) => times.map((time) => `2026-11-20T${time}:00Z`)

test('a rollout takes at least its minimum times, wave after wave, the environment last', async () => {
  const { forecast } = await given()
  const { scopes, minutes, text } = forecast()

  expect(scopes.map(({ scope, wave }) => [scope.replace('production', ''), wave])).toEqual([
    ['/acme', 0],
    ...['/umbrella', '/globex', '/initech'].map((name) => [name, 1]),
    ['', 1],
  ])
  const [first, second] = [scopes[0]!, scopes[1]!]
  expect(first.steps.map(({ at }) => at)).toEqual(instants(['08:00', '08:10']))
  expect(second.steps.map(({ at }) => at)).toEqual(instants(['08:20', '08:30']))
  expect(scopes.at(-1)!.steps.map(({ at }) => at)).toEqual(instants(['08:40', '08:50']))
  expect(minutes).toBe(60)
  expect(text).toBe(
    'All users get "on" in 60 minutes at the earliest, at 2026-11-20T09:00:00Z. No users were counted within 7 days.',
  )
})

test('counts the users of each step, and waits until enough of them come', async () => {
  const { forecast } = await given()
  const { scopes, users, text } = forecast({ 'production/acme': 2_400, 'production/globex': 240 })

  // 100 users take an hour at 2,400 a day.
  expect(scopes[0]).toMatchObject({
    users: 2_400,
    steps: [
      { at: '2026-11-20T08:00:00Z', users: 240 },
      { at: '2026-11-20T09:00:00Z', users: 1_200 },
    ],
    endsAt: '2026-11-20T10:00:00Z',
  })
  expect(users).toBe(2_640)
  expect(text).toContain('About 2640 users a day are concerned. The users of 3 scopes are unknown.')
})

test('waits for freezes, for places, for the holdback, and says where a person must act', async () => {
  const window = { once: { from: '2026-11-20T00:00', to: '2026-11-20T12:00' } }
  const freeze: Freeze = { key: 'sale', name: 'Sale', window, zone: 'UTC' }
  const { forecast } = await given(
    {
      waves: [
        {
          name: 'All',
          instances: { rest: true },
          atOnce: 2,
          steps: [step(10, { gate: 'manual' })],
        },
      ],
      holdback: { percent: 5, hours: 24 },
    },
    [{ kind: 'freeze', key: 'sale', after: freeze }],
  )
  const { scopes, endsAt } = forecast()

  const begins = scopes.map(({ steps }) => steps[0]!.at)
  expect(begins).toEqual(instants(['12:00', '12:00', '12:10', '12:10', '12:20']))
  expect(scopes[0]!.steps[0]).toMatchObject({ needsPerson: true })
  expect(scopes[0]!.endsAt).toBe('2026-11-21T12:10:00Z')
  expect(endsAt).toBe('2026-11-21T12:30:00Z')
})

test('a held run waits for a person, and so does all that follows', async () => {
  const { projects, forecast } = await given()
  await advance(projects, healthy())
  const verdict = {
    action: 'hold' as const,
    reason: { code: 'mismatch', text: 'Units are missing.' },
  }
  await advance(projects, healthy({ health: () => ({ minutes: 1, units: 1, verdict }) }))
  const { scopes, endsAt, text } = forecast({}, START + 20 * 24 * 3_600_000)

  expect(scopes[0]).toEqual({ scope: 'production/acme', wave: 0, steps: [] })
  expect(scopes[1]!.steps[0]).not.toHaveProperty('at')
  expect(endsAt).toBeUndefined()
  expect(text).toContain('after a person or a calendar lets it continue')
})
