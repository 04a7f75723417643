import type { Change } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { flag, NOW, on } from '../../test/shop.ts'
import { problem } from '../errors.ts'
import type { Term } from '../stores/held-lease.ts'
import { runsOf } from './find-rollout.ts'
import { givenRolloutShop, healthy, PLAN, regressedIn, step } from './rollouts-fixture.ts'
import { createTick } from './tick.ts'

const ACME = 'production/acme'
const DAY_MS = 24 * 3_600_000
const COMMIT_MS = 200
const TERM: Term = { fence: { lease: 'rollouts', number: 1 }, since: 0, at: 0 }

/** Two rollouts in four instances, whose next step is due. A commit takes 200 ms. */
async function given() {
  const off = { on: false, off: 'off' }
  const { projects, start } = await givenRolloutShop([flag('checkout'), on('checkout', '*', off)])
  const waves = [{ name: 'All', instances: { rest: true as const }, steps: [step(10), step(50)] }]
  const plan = { ...PLAN, waves }
  await start({ plan })
  await start({ key: 'r2', flag: 'checkout', plan })

  let passed = 0
  let now = Date.parse(NOW)
  const changes: Change[] = []
  const regressed = new Set<string>()
  const refused = new Set<string>()
  projects.onChange((_, change) => {
    passed += COMMIT_MS
    changes.push(change)
  })
  const lease = {
    term: () => TERM,
    keep: async () => TERM,
    lose: () => undefined,
    release: async () => undefined,
  }
  const tick = createTick({
    projects: {
      ...projects,
      async commit(write, caller) {
        if (!refused.has(caller.requestId)) return projects.commit(write, caller)
        passed += COMMIT_MS
        throw problem('STORE_FULL', {})
      },
    },
    lease,
    inputOf: async (_, { key }) => ({
      ...(regressed.has(key) ? regressedIn(ACME) : healthy()),
      now,
    }),
    elapsed: () => passed,
    onError: (error) => expect.unreachable(String(error)),
  })
  const statesOf = (rollout: string) =>
    runsOf(projects.get('shop').state, rollout).map(({ state, step: at }) => `${state} ${at}`)
  while (statesOf('r2').filter((state) => state === 'exposing 0').length < 4) await tick()
  now += DAY_MS
  changes.length = 0
  return {
    tick,
    projects,
    changes,
    statesOf,
    regress: (key: string) => regressed.add(key),
    refuse: (key: string) => refused.add(`rollout ${key}`),
  }
}

const actionsOf = (changes: readonly Change[]) => changes.map(({ action }) => action)

test('a regression overtakes a burst of transitions that can wait', async () => {
  const { tick, changes, statesOf, regress } = await given()
  await tick()
  expect(actionsOf(changes)).toEqual(['run.expose', 'run.expose', 'run.expose'])

  regress('r2')
  await tick()

  expect(changes[3]).toMatchObject({ action: 'run.rollback', requestId: 'rollout r2' })
  for (let i = 0; i < 4; i += 1) await tick()
  expect(statesOf('r1').filter((state) => state === 'exposing 1')).toHaveLength(4)
  expect(statesOf('r2').filter((state) => state === 'exposing 1')).toHaveLength(3)
})

test('transitions that are refused hold up no other rollout', async () => {
  const { tick, statesOf, refuse } = await given()
  refuse('r1')
  for (let i = 0; i < 4; i += 1) await tick()

  expect(statesOf('r1').filter((state) => state === 'exposing 0')).toHaveLength(4)
  expect(statesOf('r2').filter((state) => state === 'exposing 1')).toHaveLength(4)
})

test('a request such as a kill has its turn between two transitions', async () => {
  const { tick, projects, changes } = await given()
  let turn = 0
  const turns: number[] = []
  projects.onChange(() => void turns.push(turn))
  const next = () => {
    turn += 1
    counting = setImmediate(next)
  }
  let counting = setImmediate(next)
  await tick()
  clearImmediate(counting)

  expect(changes).toHaveLength(3)
  expect(new Set(turns).size).toBe(3)
})
