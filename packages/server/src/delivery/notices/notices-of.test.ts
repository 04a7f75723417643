import { describe, expect, test } from 'vitest'
import { writeOf } from '../../../test/shop.ts'
import { killFlag } from '../../kill/plan.ts'
import { actOnRuns } from '../../rollouts/actions.ts'
import { abortRollout, pauseRollout } from '../../rollouts/rollout-actions.ts'
import {
  advance,
  advanceAll,
  givenRolloutShop,
  healthy,
  ORIGIN,
  PLAN,
  regressedIn,
  safe,
  TARGET,
} from '../../rollouts/rollouts-fixture.ts'
import type { Notice } from './notice.ts'
import { noticesOf } from './notices-of.ts'

/** A shop, and the notices of all its changes so far. */
async function given() {
  const shop = await givenRolloutShop()
  const notices: Notice[] = []
  shop.projects.onChange(({ key, state }, change) => {
    notices.push(...noticesOf(key, change, state))
  })
  const last = () => notices.at(-1)
  return { ...shop, notices, last, events: () => notices.map(({ event }) => event) }
}

const HOLDBACK = { ...PLAN, holdback: { percent: 5, hours: 24 } }
const ACME = 'production/acme'

describe('the notice of a rollout', () => {
  test('that starts names its first wave', async () => {
    const { start, notices } = await given()
    await start()

    expect(notices).toEqual([
      {
        event: 'rollout-started',
        severity: 'info',
        project: 'shop',
        change: expect.any(Number),
        at: expect.any(String),
        rollout: 'r1',
        flags: ['search'],
        scopes: ['production'],
        what: 'Ada started the rollout of "search" in production.',
        done: 'Wave 1 of 2, "Pilots", is open for production/acme.',
        todo: 'You need to do nothing.',
      },
    ])
  })

  test('that goes well says when nobody needs to watch it, and when it is complete', async () => {
    const { projects, start, notices, events } = await given()
    await start({ plan: HOLDBACK })
    await advanceAll(projects, safe())

    expect(events()).toEqual([
      'rollout-started',
      'wave-opened',
      'safe-to-stop-watching',
      'rollout-ended',
    ])
    expect(notices[1]).toMatchObject({
      what: 'The rollout of "search" in production reached its next wave.',
      done: expect.stringMatching(/^Wave 2 of 2, "All others", is open for production.* and /),
    })
    expect(notices[2]).toMatchObject({
      what: 'You can stop watching the rollout of "search" in production.',
      reason: 'A quiet day.',
      done: expect.stringMatching(/^production\/acme, .* and 2 others passed all checks\.$/),
      todo: 'You need to do nothing.',
    })
    expect(notices[3]).toMatchObject({
      severity: 'info',
      what: 'The rollout of "search" in production is complete.',
      done: 'All users get "on".',
      todo: 'Keep the code of "on", and remove the flag and the other path. The rollout lists the steps.',
    })
  })

  test('that cannot be proven safe never says that nobody needs to watch it', async () => {
    const { projects, start, events } = await given()
    await start({ plan: HOLDBACK })
    await advanceAll(projects, healthy())

    expect(events()).not.toContain('safe-to-stop-watching')
    expect(events()).toContain('rollout-ended')
  })

  test('says that nobody needs to watch it although one instance was rolled back', async () => {
    const { projects, start, notices, events } = await given()
    await start({ plan: HOLDBACK })
    const { health } = safe()
    const bad = regressedIn('production/globex').health
    await advanceAll(projects, {
      ...safe(),
      health: (scope) => (scope === 'production/globex' ? bad(scope) : health(scope)),
    })

    expect(events().filter((event) => event === 'safe-to-stop-watching')).toHaveLength(1)
    expect(notices.find(({ event }) => event === 'safe-to-stop-watching')?.done).toMatch(
      / passed all checks\. Users keep the old variant in production\/globex\.$/,
    )
  })

  test('that regresses has the verdict, and says that it is rolled back', async () => {
    const { projects, start, last } = await given()
    await start()
    await advance(projects, healthy())
    await advance(projects, regressedIn(ACME))

    expect(last()).toMatchObject({
      event: 'rolled-back',
      severity: 'critical',
      scopes: [ACME],
      what: 'Flaghoist rolled back "search" in production/acme.',
      reason: 'It fails for 4% of users.',
      done: 'All users there get what they got before the rollout.',
      todo: 'You need to do nothing now. Use "retry" after a fix.',
    })
  })

  test('that regresses under a plan that holds needs a person', async () => {
    const { projects, start, last } = await given()
    await start({ plan: { ...PLAN, onRegression: 'hold' } })
    await advance(projects, healthy())
    await advance(projects, regressedIn(ACME))

    expect(last()).toMatchObject({
      event: 'held',
      severity: 'critical',
      what: 'The rollout of "search" is held in production/acme.',
      todo: 'Use "rollback" to end it there, or "resume" to continue.',
    })
  })

  test('that is held by a metric to watch is due only after half an hour', async () => {
    const { projects, start, last } = await given()
    await start()
    await advance(projects, healthy())
    const health = () => ({
      minutes: 9,
      units: 9,
      verdict: { action: 'hold' as const, reason: { code: 'watch', text: 'Errors rise.' } },
    })
    await advance(projects, healthy({ health }))

    expect(last()).toMatchObject({ event: 'held', reason: 'Errors rise.', holdsForMs: 1_800_000 })
  })

  test('that a person changed says how to go on', async () => {
    const { projects, start, last } = await given()
    await start()
    await advance(projects, healthy())
    await projects.commit(
      ...writeOf([{ kind: 'layer', key: `search@${ACME}`, after: { on: true } }]),
    )
    await advance(projects, healthy())

    expect(last()).toMatchObject({
      event: 'held',
      severity: 'warning',
      todo: 'Use "adopt" to keep the changed settings, or "resume" to replace them.',
    })
  })

  test('that is paused, or whose instance is quarantined, names the person', async () => {
    const { start, commit, notices, projects } = await given()
    await start()
    await commit(pauseRollout(TARGET, ORIGIN))
    await advance(projects, healthy())
    await commit({
      ...actOnRuns(TARGET, 'quarantine', { scopes: [ACME], owner: 'team-acme' }, ORIGIN),
      reason: 'Their theme breaks.',
    })

    expect(notices.slice(1)).toMatchObject([
      {
        event: 'held',
        severity: 'info',
        what: 'The rollout of "search" in production is paused.',
        reason: 'Ada paused the rollout.',
      },
      {
        event: 'quarantined',
        what: 'Ada quarantined production/acme in the rollout of "search".',
        reason: 'Their theme breaks.',
        todo: 'team-acme is responsible. Use "retry" after a fix.',
      },
    ])
  })

  test('that ends with exceptions names them', async () => {
    const { projects, start, commit, last } = await given()
    await start()
    for (let i = 0; last()?.event !== 'wave-opened' && i < 9; i += 1)
      await advance(projects, healthy())
    await commit(actOnRuns(TARGET, 'quarantine', { scopes: ['production/globex'] }, ORIGIN))
    await advanceAll(projects, healthy())

    expect(last()).toMatchObject({
      event: 'rollout-ended',
      severity: 'warning',
      what: 'The rollout of "search" in production is complete, with exceptions.',
      done: 'All users get "on", except in production/globex (quarantined).',
      todo: 'Fix the cause there, then use "retry".',
    })
  })

  test('that is aborted says what it left, once', async () => {
    const { projects, start, commit, notices } = await given()
    await start()
    await advance(projects, healthy())
    const { length } = notices
    await commit({ ...abortRollout(TARGET, false, ORIGIN), reason: 'Wrong flag.' })

    expect(notices.slice(length)).toMatchObject([
      {
        event: 'rollout-ended',
        what: 'Ada aborted the rollout of "search" in production.',
        reason: 'Wrong flag.',
        done: 'The settings from before the rollout are restored in production/acme.',
      },
    ])
  })
})

test('a rollout without success says so', async () => {
  const { projects, start, commit, last } = await given()
  await start()
  await commit(actOnRuns(TARGET, 'quarantine', { scopes: [ACME] }, ORIGIN))
  await advanceAll(projects, healthy())

  expect(last()).toMatchObject({
    event: 'rollout-ended',
    severity: 'warning',
    what: 'The rollout of "search" in production has ended without success.',
    done: 'All users get what they got before the rollout.',
  })
})

describe('the notice of a flag', () => {
  test('that is killed during a rollout is one notice, not two', async () => {
    const { projects, start, commit, notices } = await given()
    await start()
    await advance(projects, healthy())
    const { length } = notices
    const kill = { by: 'Ada', at: ORIGIN.at, reason: 'Payments fail' }
    await commit(
      killFlag({ project: 'shop', flag: 'search', scopes: undefined }, kill, {
        name: 'Ada',
        scope: undefined,
      }),
    )
    await advance(projects, healthy())

    expect(projects.get('shop').state.runs.get('r1')?.get(ACME)).toMatchObject({ state: 'held' })
    expect(notices.slice(length)).toMatchObject([
      {
        event: 'killed',
        severity: 'critical',
        scopes: ['*'],
        what: 'Ada killed "search" in all environments.',
        done: 'The flag is off there for all users.',
        todo: 'Use "restore" after a fix.',
      },
    ])
  })

  test('that is changed during a freeze names the freeze', () => {
    const change = {
      seq: 7,
      at: ORIGIN.at,
      actor: { kind: 'key', id: 'k1', name: 'Ada' },
      action: 'layer.update',
      edits: [{ kind: 'layer', key: `search@${ACME}`, before: null, after: { on: true } }],
      reason: 'Urgent fix',
      overrides: ['weekend', 'sale'],
      requestId: 'r',
      previousHash: '',
      hash: '',
    } as const
    const view = { rollouts: new Map(), runs: new Map() }

    const edits = [...change.edits]
    expect(noticesOf('shop', { ...change, edits, overrides: [...change.overrides] }, view)).toEqual(
      [
        {
          event: 'freeze-overridden',
          severity: 'warning',
          project: 'shop',
          change: 7,
          at: ORIGIN.at,
          flags: ['search'],
          scopes: [ACME],
          what: 'Ada made a change during the freezes "weekend" and "sale".',
          reason: 'Urgent fix',
          done: 'The change is in force.',
          todo: 'Revert change 7 if it was unintended.',
        },
      ],
    )
  })
})
