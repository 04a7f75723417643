import type { Layer } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { instance, on, writeOf } from '../../test/shop.ts'
import { layerIn, setLayer, updateLayer } from '../flags/layers/plan.ts'
import { killFlag, restoreFlag } from '../kill/plan.ts'
import { actOnRuns } from './actions.ts'
import { resumeRollout } from './rollout-actions.ts'
import { shownRollout } from './rollout-view.ts'
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

const SCOPES = ['acme', 'globex', 'initech', 'umbrella'].map((key) => `production/${key}`)
const ON = { on: true, fallthrough: { variant: 'on' } }

describe('a healthy rollout', () => {
  test('opens wave after wave, the environment last, and serves the new variant everywhere', async () => {
    const { projects, start } = await givenRolloutShop()
    await start()
    const made = await advance(projects, healthy(), { times: 50 })
    const order = made.flatMap((one) =>
      one.kind === 'run' && one.run.to.state === 'done' ? [one.run.scope] : [],
    )

    const { state } = projects.get('shop')
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
    expect(order[0]).toBe('production/acme')
    expect(order.at(-1)).toBe('production')
    for (const scope of [...SCOPES, 'production']) expect(servedIn(state, scope)).toMatchObject(ON)
    expect(servedIn(state, 'staging')).toMatchObject({ on: false })
  })

  test('folds the layers of instances into that of the environment', async () => {
    const { projects, start } = await givenRolloutShop()
    await start()
    await advanceAll(projects, healthy())
    const { state } = projects.get('shop')
    expect(Object.keys(state.flags.get('search')!.layers).sort()).toEqual(['*', 'production'])
  })

  test('of a project without instances walks the steps of the first wave in the environment', async () => {
    const { projects, start, commit } = await givenRolloutShop()
    await commit(
      writeOf(SCOPES.map((one) => ({ kind: 'instance', key: one.split('/')[1]!, after: null })))[0],
    )
    await start({ plan: 'cautious' })
    await advance(projects, healthy())
    expect(statesOf(projects.get('shop').state)).toEqual({ production: 'exposing' })
    expect(servedIn(projects.get('shop').state, 'production')).toMatchObject({
      rollout: { share: 1_000 },
    })
    await advanceAll(projects, healthy())
    expect(projects.get('shop').state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
  })

  test('adds an instance that comes after the last wave was opened', async () => {
    const { projects, start, commit } = await givenRolloutShop()
    await start()
    const waiting = healthy({ isConnected: (scope) => scope === 'production/acme' })
    await advance(projects, waiting, { times: 6, hours: 1 })
    await commit(writeOf([instance('hooli')])[0])
    await advance(projects, waiting, { hours: 1 })
    const { state } = projects.get('shop')
    expect(state.runs.get('r1')?.get('production/hooli')).toMatchObject({
      joined: 1,
      state: 'waiting',
    })
  })
})

describe('a regression in one instance', () => {
  const bad = 'production/initech'

  test('rolls that one back alone, and the others finish', async () => {
    const { projects, start } = await givenRolloutShop()
    const before = servedIn(projects.get('shop').state, bad)
    await start()
    await advanceAll(projects, regressedIn(bad))

    const { state } = projects.get('shop')
    expect(statesOf(state)).toEqual({
      production: 'done',
      'production/acme': 'done',
      'production/globex': 'done',
      'production/initech': 'quarantined',
      'production/umbrella': 'done',
    })
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed-with-exceptions' })
    expect(servedIn(state, bad)).toMatchObject(before as object)
    expect(servedIn(state, 'production/acme')).toMatchObject(ON)
  })

  test('holds everything once more have failed than the plan accepts, until a person resumes', async () => {
    const { projects, start, commit } = await givenRolloutShop()
    await start({ plan: { ...PLAN, failBudget: 0 } })
    const input = regressedIn('production/initech')
    await advance(projects, input, { times: 10 })
    const { state } = projects.get('shop')
    expect(state.rollouts.get('r1')).toMatchObject({
      status: 'paused',
      reason: { code: 'fail-budget', text: expect.stringContaining('production/initech') },
    })
    // The key of globex reads this reason, and must learn of no other instance.
    const { reason } = state.runs.get('r1')!.get('production/globex')!
    expect(reason?.text).toMatch(/^1 of at most 0 scopes were rolled back\. /)
    expect(statesOf(state)).toMatchObject({
      'production/globex': 'held',
      'production/initech': 'rolled-back',
    })

    await commit(resumeRollout(TARGET, ORIGIN))
    await advanceAll(projects, input)
    expect(projects.get('shop').state.rollouts.get('r1')).toMatchObject({
      status: 'completed-with-exceptions',
    })
  })

  test('begins no other once more have failed than the plan accepts', async () => {
    const { projects, start } = await givenRolloutShop()
    const rest = { ...PLAN.waves[1]!, atOnce: 1 }
    await start({ plan: { ...PLAN, failBudget: 0, waves: [rest] } })
    await advance(projects, healthy())
    const [first] = Object.keys(statesOf(projects.get('shop').state)).filter(
      (scope) => projects.get('shop').state.runs.get('r1')?.get(scope)?.state === 'exposing',
    )
    await advance(projects, regressedIn(first!), { times: 5, hours: 1 })
    const states = Object.values(statesOf(projects.get('shop').state))
    expect(states.filter((state) => state === 'waiting')).toHaveLength(4)
    expect(states).not.toContain('exposing')
  })

  test('of two instances together rolls back all that are not settled', async () => {
    const { projects, start } = await givenRolloutShop()
    await start()
    await advance(projects, healthy(), { times: 6, hours: 2 })
    const systemic = { code: 'systemic', text: 'Two instances fail.' }
    await advance(projects, healthy({ systemic }), { hours: 2 })
    for (const scope of SCOPES)
      expect(servedIn(projects.get('shop').state, scope)).toMatchObject({ on: false })
  })

  test('is tried again with other users after a fix, also when the rollout has ended', async () => {
    const { projects, start, commit } = await givenRolloutShop()
    await start()
    await advance(projects, healthy(), { times: 6 })
    const saltOf = () =>
      layerIn(projects.get('shop').state, { project: 'shop', flag: 'search', scope: bad })?.rollout
        ?.salt
    const first = saltOf()
    await advanceAll(projects, regressedIn(bad))
    await commit(actOnRuns(TARGET, 'retry', { scopes: [bad] }, ORIGIN))
    await advance(projects, healthy())
    expect([typeof first, typeof saltOf()]).toEqual(['string', 'string'])
    expect(saltOf()).not.toBe(first)
    await advanceAll(projects, healthy())

    const { state } = projects.get('shop')
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
    expect(state.runs.get('r1')?.get(bad)).toMatchObject({ state: 'done', attempt: 2 })
    expect(servedIn(state, bad)).toMatchObject(ON)
  })
})

describe('a rollback', () => {
  const layers: fc.Arbitrary<Layer> = fc.oneof(
    fc.constant({}),
    fc.record({ on: fc.boolean() }),
    fc.record({
      on: fc.constant(true),
      fallthrough: fc.constantFrom({ variant: 'on' }, { variant: 'off' }),
    }),
    fc.constant({ on: true, rollout: null, note: { reason: 'Kept' } }),
  )

  test('serves every context what it got, whatever was found and whatever changed above', async () => {
    await fc.assert(
      fc.asyncProperty(layers, layers, layers, async (found, outer, later) => {
        const { projects, start, commit } = await givenRolloutShop([
          on('search', 'production', { ...outer, on: outer.on ?? false }),
          ...(Object.keys(found).length > 0 ? [on('search', 'production/acme', found)] : []),
        ])
        const before = servedIn(projects.get('shop').state, 'production/acme')
        await start({ from: 'off', to: 'on' })
        await advance(projects, healthy(), { times: 3 })
        fc.pre(
          projects.get('shop').state.runs.get('r1')?.get('production/acme')?.written !== undefined,
        )
        await commit(setLayer({ project: 'shop', flag: 'search', scope: 'production' }, later))
        await commit(actOnRuns(TARGET, 'rollback', {}, ORIGIN))
        expect(servedIn(projects.get('shop').state, 'production/acme')).toEqual(before)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a person', () => {
  const acme = { project: 'shop', flag: 'search', scope: 'production/acme' }

  async function givenExposing() {
    const shop = await givenRolloutShop()
    await shop.start()
    await advance(shop.projects, healthy())
    expect(statesOf(shop.projects.get('shop').state)).toEqual({ 'production/acme': 'exposing' })
    return shop
  }

  test('who changes the layer is never overwritten', async () => {
    const { projects, commit } = await givenExposing()
    await commit(updateLayer(acme, { rollout: { percent: 33 } }))
    const mine = layerIn(projects.get('shop').state, acme)
    await advanceAll(projects, healthy())

    const { state } = projects.get('shop')
    expect(layerIn(state, acme)).toEqual(mine)
    expect(state.runs.get('r1')?.get('production/acme')).toMatchObject({
      state: 'held',
      reason: { code: 'changed-by-hand' },
    })
    const rollback = actOnRuns(TARGET, 'rollback', {}, ORIGIN)
    await expect(commit(rollback)).rejects.toMatchObject({ code: 'RUN_CHANGED_BY_HAND' })
    const { runs } = shownRollout(state, state.rollouts.get('r1')!, healthy(), undefined)
    expect(runs[0]).toMatchObject({ scope: acme.scope, actions: ['resume', 'adopt'] })
  })

  test('adopts a changed layer, and a later rollback restores it', async () => {
    const { projects, commit } = await givenExposing()
    await commit(updateLayer(acme, { rollout: null, fallthrough: { variant: 'on' } }))
    const mine = servedIn(projects.get('shop').state, acme.scope)
    await advance(projects, healthy())
    await commit(actOnRuns(TARGET, 'adopt', {}, ORIGIN))
    await commit(actOnRuns(TARGET, 'rollback', {}, ORIGIN))
    expect(servedIn(projects.get('shop').state, acme.scope)).toEqual(mine)
  })

  test('who writes a note is not in the way', async () => {
    const { projects, commit } = await givenExposing()
    await commit(updateLayer(acme, { note: { reason: 'Watch the payments' } }))
    await advanceAll(projects, healthy())
    const { state } = projects.get('shop')
    expect(state.rollouts.get('r1')).toMatchObject({ status: 'completed' })
    expect(layerIn(state, acme)).toEqual({ note: { reason: 'Watch the payments' } })
  })

  test('who kills the flag stops the run; only "resume" exposes again, at the same step', async () => {
    const { projects, commit } = await givenExposing()
    const authority = { name: 'Ada', scope: undefined }
    const flagScopes = { project: 'shop', flag: 'search', scopes: [acme.scope] }
    const kill = { at: ORIGIN.at, by: 'Ada', reason: 'Errors' }
    await commit(killFlag(flagScopes, kill, authority))
    await advance(projects, healthy())
    await commit(restoreFlag(flagScopes, undefined, undefined))
    await advanceAll(projects, healthy())
    const share = () => servedIn(projects.get('shop').state, acme.scope)
    expect(share()).toMatchObject({ rollout: { share: 0 } })

    await commit(actOnRuns(TARGET, 'resume', { scopes: [acme.scope] }, ORIGIN))
    expect(share()).toMatchObject({ rollout: { share: 10_000, step: 0 } })
  })

  test('repeats an action without effect', async () => {
    const { projects, commit } = await givenExposing()
    for (const action of ['hold', 'rollback', 'quarantine', 'retry', 'skip'] as const) {
      await commit(actOnRuns(TARGET, action, {}, ORIGIN))
      const { version } = projects.get('shop').state
      await commit(actOnRuns(TARGET, action, {}, ORIGIN))
      expect(projects.get('shop').state.version, action).toBe(version)
    }
  })
})

describe('the share of a run', () => {
  test('is never beyond its step, and nobody who was in drops out while it goes on', async () => {
    const { projects, start } = await givenRolloutShop()
    const steps = [
      { ...step(1), audience: { segments: ['staff'] } },
      step(1),
      step(50),
      step(20),
      step(100),
    ]
    await start({ plan: { ...PLAN, waves: [{ ...PLAN.waves[1]!, steps }] } })
    const shares: number[] = []
    projects.onChange(({ state }) => {
      const run = state.runs.get('r1')?.get('production/acme')
      const layer = layerIn(state, { project: 'shop', flag: 'search', scope: 'production/acme' })
      if (run?.state !== 'exposing') return
      const { share = -1, segments = [] } = layer?.rollout ?? {}
      shares.push(share)
      expect(segments).toEqual(['staff'])
      expect(share).toBeLessThanOrEqual([0, 1_000, 50_000, 50_000, 100_000][run.step]!)
    })
    await advanceAll(projects, healthy())
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(new Set(shares)).toEqual(new Set([0, 1_000, 50_000, 100_000]))
  })
})

describe('a crash', () => {
  test('at any commit leads to the same states as an undisturbed run', async () => {
    const undisturbed = await givenRolloutShop()
    await undisturbed.start()
    await advanceAll(undisturbed.projects, regressedIn('production/initech'))
    const wanted = undisturbed.projects.get('shop').state

    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (crashes) => {
        const { projects, start } = await givenRolloutShop()
        await start()
        const dying = {
          ...projects,
          commit: (...parts: Parameters<typeof projects.commit>) =>
            crashes.next().value ? Promise.reject(new Error('killed')) : projects.commit(...parts),
        }
        const input = regressedIn('production/initech')
        for (let i = 0; i < 40; i += 1) await advance(dying, input).catch(() => undefined)
        await advanceAll(projects, input)

        const { state } = projects.get('shop')
        expect(statesOf(state)).toEqual(statesOf(wanted))
        for (const scope of [...SCOPES, 'production'])
          expect(servedIn(state, scope)).toEqual(servedIn(wanted, scope))
      }),
      { numRuns: 40 },
    )
  })
})
