import { allocationOf, allocationsOfAttempt } from '@flaghoist/core/model'
import type { RolloutRun } from '@flaghoist/core/schema'
import { judgeRecorded } from '@flaghoist/health'
import { describe, expect, test } from 'vitest'
import { NOW } from '../../../test/shop.ts'
import type { SeriesMinute } from '../../stores/event-store.ts'
import type { LeaseGap } from '../../stores/leases.ts'
import { advance, givenRolloutShop, healthy, PLAN } from '../rollouts-fixture.ts'
import { judgeRun } from './judge-run.ts'

const MINUTE_MS = 60_000
const START = Date.parse(NOW)

interface Traffic {
  /** Users that fail, of 100, by arm. */
  readonly control: number
  readonly treatment: number
  readonly metric?: string
  /** Users per minute, by arm. */
  readonly units?: { readonly control: number; readonly treatment: number }
}

/** Minutes of a run at 10 %: 900 users keep the old path and 100 get the new one each minute. */
function minutesOf(
  revision: number,
  count: number,
  { control, treatment, metric = 'error', units = { control: 900, treatment: 100 } }: Traffic,
) {
  return Array.from({ length: count }, (_, i) =>
    (['control', 'treatment'] as const).map((arm): SeriesMinute => {
      const exposed = units[arm]
      const failed = Math.round((exposed * (arm === 'control' ? control : treatment)) / 100)
      return {
        revision,
        arm,
        split: '',
        variant: arm === 'control' ? 'off' : 'on',
        minute: START + i * MINUTE_MS,
        exposed,
        first: exposed,
        outcomes: [
          { metric: 'alive', units: exposed, matured: exposed, histogram: [] },
          { metric, units: failed, matured: failed, histogram: [] },
        ],
      }
    }),
  ).flat()
}

/** A run that exposes 10 % of acme, and a judge of minutes of traffic. */
async function givenRun() {
  const { projects, start } = await givenRolloutShop()
  await start()
  await advance(projects, healthy())
  const { state } = projects.get('shop')
  const rollout = state.rollouts.get('r1')!
  const run: RolloutRun = { ...state.runs.get('r1')!.get('production/acme')!, since: NOW }
  const exposed = { flag: 'search', scope: run.scope, arm: 'treatment' } as const
  const { attempt } = allocationOf(state, { ...exposed, revision: state.version })!
  const allocations = allocationsOfAttempt(state, { ...exposed, attempt })
  const judgeRows = (
    rows: readonly SeriesMinute[],
    minutes: number,
    gaps: readonly LeaseGap[] = [],
  ) =>
    judgeRun({
      state,
      rollout,
      run,
      counts: { rows, allocations },
      gaps,
      oneIn: 1,
      now: START + minutes * MINUTE_MS,
    })
  const rowsOf = (minutes: number, traffic: Traffic) => minutesOf(state.version, minutes, traffic)
  const judge = (minutes: number, traffic: Traffic, more = 0) =>
    judgeRows(rowsOf(minutes, traffic), minutes + more)
  return { judge, judgeRows, rowsOf }
}

describe('a run', () => {
  test('that fails more often on the new path is to be rolled back', async () => {
    const { judge } = await givenRun()
    const { verdict, units, minutes } = judge(10, { control: 1, treatment: 5 })
    expect(verdict).toMatchObject({ action: 'regressed', reason: { code: 'regressed' } })
    expect(verdict?.reason.text).toContain('acme')
    expect([units, minutes]).toEqual([10_000, 10])
  })

  test('that fails as often on both paths waits, and is cleared by enough users', async () => {
    const { judge } = await givenRun()
    expect(judge(3, { control: 1, treatment: 1 }).verdict).toMatchObject({ action: 'wait' })
    const { verdict } = judge(120, { control: 1, treatment: 1 }, 30)
    expect(verdict).toMatchObject({ action: 'clear' })
  })

  test('counts no minute for its step that passed in part without a holder of the lease', async () => {
    const { judgeRows, rowsOf } = await givenRun()
    const rows = rowsOf(10, { control: 1, treatment: 1 })
    const gap = { from: START + 2.5 * MINUTE_MS, to: START + 4 * MINUTE_MS }

    const { minutes, units } = judgeRows(rows, 10, [gap])

    expect([minutes, units]).toEqual([8, 10_000])
  })

  test('holds its evidence, from which its verdict can be computed again', async () => {
    const { judge } = await givenRun()
    const { verdict, judged } = judge(10, { control: 1, treatment: 5 })
    const { counts, comparison } = verdict!.evidence as never as {
      counts: Parameters<typeof judgeRecorded>[0]
      comparison: { log10: number }
    }
    const terms = {
      subject: { scope: 'acme', flag: 'search' },
      alpha: 1e-4,
      delta: 0.03,
      restartsAhead: 2,
    }
    const again = judgeRecorded(counts, terms)
    expect(again.comparison.log10).toBeCloseTo(comparison.log10, 10)
    expect(again.units).toEqual(judged.metrics.find(({ metric }) => metric === 'error')?.units)
  })

  test('whose users vanish on the new path is to be rolled back', async () => {
    const { judgeRows, rowsOf } = await givenRun()
    const rows = rowsOf(20, { control: 0, treatment: 0 })
    const fewer = rows.map((row) => {
      const units = row.arm === 'treatment' ? 80 : row.exposed
      return { ...row, outcomes: [{ metric: 'alive', units, matured: units, histogram: [] }] }
    })
    expect(judgeRows(rows, 20).verdict?.action).not.toBe('regressed')
    expect(judgeRows(fewer, 20).verdict).toMatchObject({ action: 'regressed' })
    expect(judgeRows(fewer, 20).judged.metric).toBe('alive')
  })

  test('in its holdback is safe to stop watching after a day, and not before', async () => {
    const { projects, start } = await givenRolloutShop()
    await start({ plan: { ...PLAN, holdback: { percent: 5, hours: 48 } } })
    await advance(projects, healthy(), { times: 3 })
    const { state } = projects.get('shop')
    const rollout = state.rollouts.get('r1')!
    const run: RolloutRun = { ...state.runs.get('r1')!.get('production/acme')!, since: NOW }
    const exposed = { flag: 'search', scope: run.scope, arm: 'treatment' } as const
    const { attempt } = allocationOf(state, { ...exposed, revision: state.version })!
    const allocations = allocationsOfAttempt(state, { ...exposed, attempt })
    const traffic = { control: 1, treatment: 1, units: { control: 100, treatment: 1_900 } }
    const rows = minutesOf(allocations.at(-1)!.start, 24 * 60, traffic)
    const judgedAfter = (minutes: number) =>
      judgeRun({
        state,
        rollout,
        run,
        counts: { rows: rows.slice(0, 2 * minutes), allocations },
        gaps: [],
        oneIn: 1,
        now: START + minutes * MINUTE_MS,
      })

    expect(run.state).toBe('holdback')
    expect(judgedAfter(24 * 60 - 1)).toMatchObject({
      gap: 'hours',
      verdict: { action: 'clear', reason: { code: 'cleared' } },
    })
    expect(judgedAfter(24 * 60)).toMatchObject({
      verdict: {
        action: 'clear',
        reason: { code: 'safe', text: expect.stringMatching(/^acme: search is safe to stop w/) },
        evidence: {
          stage: { hours: 24, hadBusiestHour: true },
          metrics: expect.arrayContaining([
            expect.objectContaining({ metric: 'error', state: 'cleared' }),
          ]),
        },
      },
    })
  })
})
