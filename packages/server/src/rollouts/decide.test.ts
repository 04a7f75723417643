import { describe, expect, test } from 'vitest'
import { instance, writeOf } from '../../test/shop.ts'
import { actOnRuns } from './actions.ts'
import { missingFor } from './decide-run.ts'
import type { RunVerdict } from './observation.ts'
import { pauseRollout, resumeRollout } from './rollout-actions.ts'
import {
  advance,
  advanceAll,
  givenRolloutShop,
  healthy,
  ORIGIN,
  PLAN,
  regressedIn,
  servedIn,
  statesOf,
  step,
  TARGET,
} from './rollouts-fixture.ts'

const ACME = 'production/acme'

/** A rollout whose first run exposes its first step. */
async function givenExposing(plan: object = PLAN) {
  const shop = await givenRolloutShop()
  await shop.start({ plan: { ...PLAN, ...plan } })
  await advance(shop.projects, healthy())
  const runOf = (scope = ACME) => shop.projects.get('shop').state.runs.get('r1')?.get(scope)
  return { ...shop, runOf }
}

const judged = (
  action: RunVerdict['action'],
  code: string = action,
  rest: Pick<RunVerdict, 'keepsHold'> = {},
) =>
  healthy({
    health: () => ({
      minutes: 1_000,
      units: 1_000_000,
      verdict: { action, reason: { code, text: 'A sentence.' }, ...rest },
    }),
  })

describe('the next step', () => {
  test.for([
    ['the minutes are not over', { minutes: 9, units: 1_000 }, 7 * 24],
    ['too few users came', { minutes: 100, units: 99 }, 7 * 24],
    ['the clock has not moved, whatever the minutes say', { minutes: 100, units: 1_000 }, 0],
  ] as const)('waits while %s', async ([, counts, hours]) => {
    const { projects, runOf } = await givenExposing()
    const clear = { action: 'clear', reason: { code: 'cleared', text: 'Clear.' } } as const
    const input = healthy({ health: () => ({ ...counts, verdict: clear }) })
    await advance(projects, input, { hours })
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
  })

  test.for([
    ['healthy', 'clear', 1],
    ['healthy', 'wait', 0],
    ['time', 'wait', 1],
    ['manual', 'clear', 0],
  ] as const)('with gate %s and a verdict to %s is step %d', async ([gate, action, wanted]) => {
    const steps = [step(10, { gate }), step(50)]
    const { projects, runOf } = await givenExposing({
      waves: [{ ...PLAN.waves[0], steps }, PLAN.waves[1]],
    })
    await advance(projects, judged(action))
    expect(runOf()).toMatchObject({ step: wanted })
  })

  test('does not pass by silence', async () => {
    const { projects, runOf } = await givenExposing()
    const silent = healthy({ health: () => ({ minutes: 1_000, units: 1_000 }) })
    await advance(projects, silent, { times: 3 })
    const run = runOf()!
    expect(run).toMatchObject({ state: 'exposing', step: 0 })
    const rollout = projects.get('shop').state.rollouts.get('r1')!
    const seen = {
      isConnected: true,
      isKilled: false,
      isUntouched: true,
      minutes: 1_000,
      units: 1_000,
    }
    expect(missingFor({ rollout, run, seen, now: Date.now() + 1e12 })).toMatchObject({
      code: 'no-verdict',
    })
  })

  test('waits while the scope is frozen, and a rollback does not', async () => {
    const frozen = { code: 'frozen', text: 'Christmas.' }
    const { projects, runOf } = await givenExposing()
    await advance(projects, healthy({ closed: () => frozen }), { times: 2 })
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
    await advance(projects, { ...regressedIn(ACME), closed: () => frozen })
    expect(runOf()).toMatchObject({ state: 'rolled-back' })
  })
})

describe('a hold', () => {
  test.for(['watch', 'no-data'])('for %s moves nobody, and ends with its cause', async (code) => {
    const { projects, runOf } = await givenExposing()
    const before = servedIn(projects.get('shop').state, ACME)
    await advance(projects, judged('hold', code), { times: 2 })
    expect(runOf()).toMatchObject({ state: 'held', reason: { code } })
    expect(servedIn(projects.get('shop').state, ACME)).toEqual(before)
    await advance(projects, judged('wait'))
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
  })

  test('for evidence ends once the evidence is far below its bound, and not in between', async () => {
    const { projects, runOf } = await givenExposing()
    const between = judged('wait', 'waiting', { keepsHold: true })
    await advance(projects, between)
    expect(runOf()).toMatchObject({ state: 'exposing' })
    for (const input of [judged('hold', 'watch'), between, judged('hold', 'watch'), between]) {
      await advance(projects, input)
      expect(runOf()).toMatchObject({ state: 'held' })
    }
    const { version } = projects.get('shop').state
    await advance(projects, between, { times: 3 })
    expect(projects.get('shop').state.version).toBe(version)
    await advance(projects, judged('wait'))
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
  })

  test('for missing units stays until a person resumes', async () => {
    const { projects, runOf, commit } = await givenExposing()
    await advance(projects, judged('hold', 'mismatch'))
    await advance(projects, healthy(), { times: 3 })
    expect(runOf()).toMatchObject({ state: 'held' })
    await commit(actOnRuns(TARGET, 'resume', { scopes: [ACME] }, ORIGIN))
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
  })

  test('takes the place of a rollback where the plan says so', async () => {
    const { projects, runOf } = await givenExposing({ onRegression: 'hold' })
    await advance(projects, regressedIn(ACME), { times: 2 })
    expect(runOf()).toMatchObject({ state: 'held', reason: { code: 'regressed' } })
    expect(servedIn(projects.get('shop').state, ACME)).toMatchObject({ on: true })
  })
})

describe('a pause', () => {
  test('stops everything but rollbacks', async () => {
    const { projects, runOf, commit } = await givenExposing()
    await commit(pauseRollout(TARGET, ORIGIN))
    await advance(projects, healthy(), { times: 3 })
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
    await advance(projects, regressedIn(ACME))
    expect(runOf()).toMatchObject({ state: 'rolled-back' })
  })

  test('ends with "resume"', async () => {
    const { projects, commit } = await givenExposing()
    await commit(pauseRollout(TARGET, ORIGIN))
    await commit(resumeRollout(TARGET, ORIGIN))
    await advanceAll(projects, healthy())
    expect(projects.get('shop').state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
  })
})

describe('a wave', () => {
  test('begins as many runs at once as it allows', async () => {
    const rest = { ...PLAN.waves[1]!, atOnce: 2, steps: [step(50)] }
    const { start, projects } = await givenRolloutShop()
    await start({ plan: { ...PLAN, waves: [rest] } })
    let most = 0
    projects.onChange(({ state }) => {
      const exposing = Object.values(statesOf(state)).filter((one) => one === 'exposing')
      most = Math.max(most, exposing.length)
    })
    await advanceAll(projects, healthy())
    expect(most).toBe(2)
  })

  test('skips an instance that waits too long, and says why', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, waves: [PLAN.waves[1]!] } })
    const input = healthy({ isConnected: (scope) => scope !== 'production/globex' })
    await advanceAll(projects, input)
    const { state } = projects.get('shop')
    expect(state.runs.get('r1')?.get('production/globex')).toMatchObject({
      state: 'skipped',
      reason: { code: 'waited-too-long', text: expect.stringContaining('No SDK is connected') },
    })
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed-with-exceptions' })
    expect(servedIn(state, 'production/globex')).toMatchObject({ on: false })
  })

  test('skips no instance for the time of a freeze', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, waves: [PLAN.waves[1]!] } })
    const frozen = { code: 'frozen', text: 'Christmas.' }
    const runOf = () => projects.get('shop').state.runs.get('r1')?.get('production/globex')
    await advance(projects, healthy({ closed: () => frozen }), { times: 4 })
    expect(runOf()).toMatchObject({ state: 'waiting', reason: frozen })

    const lonely = healthy({ isConnected: (scope) => scope !== 'production/globex' })
    await advance(projects, lonely, { times: 2, hours: 1 })
    expect(runOf()).toMatchObject({ state: 'waiting', reason: { code: 'not-connected' } })
    await advance(projects, lonely, { hours: 25 })
    expect(runOf()).toMatchObject({ state: 'skipped' })
  })

  test('finishes the environment itself at once where all SDKs evaluate in instances', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, waves: [PLAN.waves[1]!] } })
    await advanceAll(projects, healthy({ isConnected: (scope) => scope !== 'production' }))
    const { state } = projects.get('shop')
    expect(state.runs.get('r1')?.get('production')).toMatchObject({
      state: 'done',
      reason: { code: 'unused' },
    })
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
    expect(servedIn(state, 'production')).toMatchObject({
      on: true,
      fallthrough: { variant: 'on' },
    })
  })

  test('leaves the environment itself alone where no instance got through', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, failBudget: 9, waves: [PLAN.waves[1]!] } })
    const failing = {
      ...healthy(),
      health: (scope: string) => regressedIn(scope).health(scope),
    }
    await advanceAll(projects, failing)
    const { state } = projects.get('shop')
    expect(state.runs.get('r1')?.get('production')).toMatchObject({ state: 'skipped' })
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'rolled-back' })
    expect(servedIn(state, 'production')).toMatchObject({ on: false })
  })

  test('that has become empty pauses the rollout until a person resumes', async () => {
    const { projects, start, commit } = await givenRolloutShop([
      instance('hooli', { tier: 'last' }),
    ])
    const last = { name: 'Last', instances: { tags: { tier: 'last' } }, steps: [step(50)] }
    await start({ plan: { ...PLAN, waves: [PLAN.waves[0]!, last] } })
    await commit(writeOf([instance('hooli', { tier: 'other' })])[0])
    await advanceAll(projects, healthy())
    const rollout = () => projects.get('shop').state.rollouts.get('r1')
    expect(rollout()).toMatchObject({ status: 'paused', reason: { code: 'empty-wave' } })

    await commit(writeOf([instance('hooli', { tier: 'last' })])[0])
    await commit(resumeRollout(TARGET, ORIGIN))
    await advanceAll(projects, healthy())
    expect(rollout()).toMatchObject({ status: 'completed' })
  })

  test('does not open while no run of the waves before was healthy', async () => {
    const { projects, start } = await givenRolloutShop()
    await start()
    await advanceAll(projects, regressedIn(ACME))
    const { state } = projects.get('shop')
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'rolled-back' })
    expect(statesOf(state)).toEqual({ [ACME]: 'quarantined' })
  })
})

describe('a holdback', () => {
  test('keeps some users on the old variant for its hours, beside the next wave', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, holdback: { percent: 5, hours: 24 } } })
    await advance(projects, healthy(), { times: 5, hours: 1 })
    const { state } = projects.get('shop')
    expect(servedIn(state, ACME)).toMatchObject({ rollout: { share: 95_000 } })
    expect(statesOf(state)).toMatchObject({ [ACME]: 'holdback', 'production/globex': 'exposing' })
    await advanceAll(projects, healthy())
    expect(projects.get('shop').state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
  })
})

describe('a start of the server', () => {
  test('is followed by urgent transitions only', async () => {
    const { projects, runOf } = await givenExposing()
    await advance(projects, healthy({ urgentOnly: true }), { times: 3 })
    expect(runOf()).toMatchObject({ state: 'exposing', step: 0 })
    await advance(projects, { ...regressedIn(ACME), urgentOnly: true })
    expect(runOf()).toMatchObject({ state: 'rolled-back' })
  })
})
