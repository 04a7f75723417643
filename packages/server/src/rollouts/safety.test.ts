import type { ProgressiveRollout, RolloutRun } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { NOW } from '../../test/shop.ts'
import type { Observation } from './observation.ts'
import { PLAN } from './rollouts-fixture.ts'
import { safetyOfRollout, safetyOfRun } from './safety.ts'

const ROLLOUT: ProgressiveRollout = {
  key: 'r1',
  flag: 'search',
  environment: 'production',
  to: 'on',
  by: 'targetingKey',
  plan: { ...PLAN, holdback: { percent: 5, hours: 24 } },
  status: 'running',
  wave: 1,
  scopes: 2,
  startedAt: NOW,
  startedBy: 'Ada',
}
const STAGE = { hours: 16.5, busiestHour: 14, hadBusiestHour: true, users: 300, usualUsers: 1_000 }

function runOf(parts: Partial<RolloutRun> = {}): RolloutRun {
  return {
    rollout: 'r1',
    scope: 'production/acme',
    state: 'holdback',
    wave: 0,
    step: 2,
    since: NOW,
    attempt: 1,
    joined: 0,
    ...parts,
  }
}

function safetyOf(run: Partial<RolloutRun>, seen: Partial<Observation> = {}) {
  const all = { isConnected: true, isKilled: false, isUntouched: true, minutes: 1, units: 1 }
  const verdict = { action: 'clear' as const, reason: { code: 'cleared', text: 'Fine.' } }
  return safetyOfRun({
    rollout: ROLLOUT,
    run: runOf(run),
    seen: { ...all, verdict, stage: STAGE, ...seen },
    now: Date.parse(NOW),
  })
}

test.for([
  ['hours', {}, { gap: 'hours' }, { minutes: 450, text: 'acme must be quiet for 8 hours more.' }],
  [
    'the busiest hour',
    {},
    { gap: 'busiest-hour' },
    { text: 'acme has had no user in its busiest hour, from 14:00 UTC.' },
  ],
  [
    'users of a day',
    {},
    { gap: 'users' },
    {
      units: 500,
      text: 'acme needs 800 users in a day, 80% of the usual number, and had 300.',
    },
  ],
  [
    'six quiet hours',
    {},
    { gap: 'late-evidence' },
    { text: 'The last six hours in acme are evidence of harm.' },
  ],
  [
    'a clear verdict',
    {},
    {
      verdict: { action: 'wait', reason: { code: 'waiting', text: 'acme: not enough users yet' } },
      missing: { units: 340, from: 100, to: 700, days: undefined },
    },
    { units: 340, text: 'acme: not enough users yet.' },
  ],
  [
    'steps',
    { state: 'exposing', step: 0 },
    {},
    { text: 'acme has not reached its last stage: it is at step 1 of 2.' },
  ],
  ['its end', { state: 'held' }, {}, { text: 'acme has not reached its last stage: it is held.' }],
  [
    'a proof',
    { state: 'done' },
    {},
    { text: 'acme was finished before its metrics could prove it safe.' },
  ],
] as const)('a run says that %s is missing', ([, run, seen, expected]) => {
  expect(safetyOf(run, seen as Partial<Observation>)).toEqual({ isSafe: false, ...expected })
})

test('a run that is safe, or has moved nobody, needs no watching', () => {
  expect(safetyOf({ safeAt: NOW })).toEqual({
    isSafe: true,
    since: NOW,
    text: `acme has been safe since ${NOW}.`,
  })
  expect(safetyOf({ state: 'quarantined' })).toMatchObject({ isSafe: true })
})

test('a rollout sums up its scopes', () => {
  const safe = runOf({ safeAt: NOW })
  const sum = (...runs: readonly RolloutRun[]) =>
    safetyOfRollout(
      ROLLOUT,
      runs,
      runs.map((run) => safetyOf(run, { gap: 'hours' })),
    )
  expect(sum(safe, runOf({ scope: 'production/globex', state: 'quarantined' }))).toEqual({
    isSafe: true,
    since: NOW,
    text: 'You can stop watching the rollout.',
  })
  expect(sum(safe, runOf({ scope: 'production/globex' }))).toEqual({
    isSafe: false,
    minutes: 450,
    text: '1 of 2 scopes are safe. globex must be quiet for 8 hours more.',
  })
})
