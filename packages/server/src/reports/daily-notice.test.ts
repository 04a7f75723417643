import { expect, test } from 'vitest'
import { NOW } from '../../test/shop.ts'
import { messageOf } from '../delivery/channels/message.ts'
import { dailyNotice, isQuiet } from './daily-notice.ts'
import type { Report } from './schemas.ts'

const QUIET: Report = {
  project: 'shop',
  from: NOW,
  to: NOW,
  changes: { total: 0, items: [] },
  kills: [],
  rollouts: [],
  verdicts: [],
  overrides: [],
  quarantines: [],
  removals: [],
}
const DAY = {
  from: Date.parse('2026-11-19T07:00:00Z'),
  to: Date.parse('2026-11-20T07:00:00Z'),
  zone: 'Europe/Zurich',
}
const entry = (text: string) => ({ version: 7, at: NOW, actor: 'Ada', text })
const run = (scope: string, state: string) => ({
  rollout: 'r1',
  flag: 'search',
  scope: `production/${scope}`,
  state,
  text: '',
})

test('a quiet day takes one line, and needs nobody', () => {
  expect(isQuiet(QUIET)).toBe(true)
  expect(dailyNotice(QUIET, DAY)).toEqual({
    event: 'daily-report',
    severity: 'info',
    flags: [],
    scopes: ['*'],
    what: 'Daily report of shop: nothing happened.',
    details: [{ name: 'Period', text: '2026-11-19 08:00 to 2026-11-20 08:00 (Europe/Zurich)' }],
    done: 'No rollout is in progress.',
    todo: 'You need to do nothing.',
  })
  const notice = { ...dailyNotice(QUIET, DAY), project: 'shop', change: 7, at: NOW }
  expect(messageOf('m1', notice, 'https://flags.example')).toMatchObject({
    facts: [{ name: 'Period' }, { name: 'Result' }, { name: 'Next step' }],
    link: 'https://flags.example/api/v1/projects/shop/report',
  })
})

test('a day says what happened, what is in progress, and what needs you', () => {
  const report: Report = {
    ...QUIET,
    changes: {
      total: 5,
      items: ['A', 'B', 'C', 'D', 'E'].map((name) => entry(`${name} changed.`)),
    },
    kills: [
      { ...entry('Payments fail'), flag: 'pay', scope: 'production', connected: 1, confirmed: 1 },
    ],
    rollouts: [
      {
        ...entry('initech: it fails for 4% of users'),
        rollout: 'r1',
        scope: 'production/initech',
        action: 'run.rollback',
      },
      { ...entry('The rollout was started.'), rollout: 'r1', action: 'rollout.start' },
    ],
    verdicts: [run('acme', 'exposing'), run('globex', 'held'), run('hooli', 'exposing')],
    quarantines: [{ ...run('initech', ''), since: NOW, owner: 'team-x' }],
    removals: [{ flag: 'old', owner: 'ada', expectedRemovalAt: NOW }],
  }
  expect(isQuiet(report)).toBe(false)
  expect(dailyNotice(report, DAY, ['production'])).toMatchObject({
    severity: 'warning',
    flags: ['pay', 'search'],
    scopes: ['production'],
    what: 'Daily report of shop: 1 rollback, 1 kill, 1 rollout in progress and 5 changes by people.',
    details: [
      {},
      { name: 'Rolled back', text: 'production/initech: initech: it fails for 4% of users' },
      { name: 'Killed', text: 'pay in production by Ada: Payments fail' },
      { name: 'Rollouts', text: 'r1: The rollout was started.' },
      { name: 'Changed', text: 'A changed. (Ada) · B changed. (Ada) · C changed. (Ada) · 2 more' },
    ],
    done: 'r1 now: 2 exposing, 1 held.',
    todo: 'Look at the held scopes: production/globex. Fix the cause in production/initech (team-x), then use "retry". Remove from the code: old.',
  })
})
