import { describe, expect, test } from 'vitest'
import {
  allocationsSince,
  emptyTally,
  evidenceOfHarm,
  fold,
  judgeMetric,
  judgeScope,
  judgeTogether,
  type LastStage,
  type Metric,
  type MinuteCounts,
} from '../src/index.ts'
import { ALIVE, arms, ERROR, MINUTE_MS, SALE, steadyMinutes } from './counts.ts'

const SUBJECT = { scope: 'acme', flag: 'new-checkout' }
const TERMS = { alpha: 0.001, delta: 0.03 }
const SHARE = 0.1

const countsOf = (
  metric: Metric,
  finished: readonly MinuteCounts[],
  recent: typeof finished = [],
) => ({
  tally: fold(emptyTally(metric), [{ revision: 1, share: SHARE, minutes: finished }]),
  recent: [{ revision: 1, share: SHARE, minutes: recent }],
  ...TERMS,
})

const fine = steadyMinutes(300, { exposed: arms(10, 90), arrived: arms(0, 1), matured: arms(0, 1) })
const alive = steadyMinutes(300, { exposed: arms(10, 90), matured: arms(10, 90) })
const failing = steadyMinutes(300, {
  exposed: arms(10, 90),
  arrived: arms(1, 1),
  matured: arms(1, 1),
})
const young = fine.slice(0, 3)

describe('a verdict on a scope', () => {
  test('is the worst of its metrics, and says which', () => {
    const good = countsOf(ALIVE, alive)
    const states = [fine, young, failing].map((minutes) => {
      const { state, action, metric } = judgeScope({
        subject: SUBJECT,
        metrics: [good, countsOf(ERROR, minutes)],
      })
      return { state, action, metric }
    })

    expect(states).toEqual([
      { state: 'cleared', action: 'go-on', metric: 'alive' },
      { state: 'waiting', action: 'wait', metric: 'error' },
      { state: 'regressed', action: 'roll-back', metric: 'error' },
    ])
  })

  test('waits before the first minute of a metric is over', () => {
    const none = { tally: emptyTally(ALIVE), recent: [], ...TERMS }
    const { state, sentence } = judgeMetric(none, { subject: SUBJECT, ...TERMS })
    expect(state).toBe('waiting')
    expect(sentence).toMatch(/^acme: /)
  })

  test('does not roll back for a goal, nor wait for it', () => {
    const lost = steadyMinutes(300, {
      exposed: arms(10, 90),
      arrived: arms(1, 30),
      matured: arms(1, 30),
    })
    const goal = { ...SALE, role: 'goal' } as const
    const judge = (minutes: readonly MinuteCounts[]) =>
      judgeScope({ subject: SUBJECT, metrics: [countsOf(ERROR, fine), countsOf(goal, minutes)] })

    expect(judge(lost)).toMatchObject({ state: 'watch', metric: 'checkout-completed' })
    expect(judge(steadyMinutes(3, { exposed: arms(10, 90), arrived: arms(3, 27) }))).toMatchObject({
      state: 'cleared',
    })
  })

  test('holds where units are missing from an arm', () => {
    const minutes = steadyMinutes(30, { exposed: arms(5, 95) })

    expect(judgeScope({ subject: SUBJECT, metrics: [countsOf(ERROR, minutes)] })).toMatchObject({
      state: 'mismatch',
      action: 'hold',
      sentence:
        'acme: on hold, since 5% of 3,000 users got new-checkout where 10% were designed (150 of them); units are missing from one path',
    })
  })

  test('does not miss units of an arm that reports two minutes late', () => {
    const recent = steadyMinutes(2, { exposed: arms(0, 300) }, 300 * MINUTE_MS)

    const { mismatch } = judgeScope({ subject: SUBJECT, metrics: [countsOf(ERROR, fine, recent)] })

    expect(mismatch.log10).toBeLessThan(0)
  })

  test('is cleared within the margin of its metric, whatever the difference to rule out', () => {
    const often = steadyMinutes(300, {
      exposed: arms(50, 50),
      arrived: arms(15, 15),
      matured: arms(15, 15),
    })
    const [strict, tolerant] = [ERROR, { ...ERROR, margin: 0.3 }].map((metric) => {
      const tally = fold(emptyTally(metric), [{ revision: 1, share: 0.5, minutes: often }])
      return judgeMetric({ tally, recent: [] }, { subject: SUBJECT, alpha: 0.001, delta: 0.001 })
    })

    expect([strict!.state, tolerant!.state]).toEqual(['too-few', 'cleared'])
  })

  test('leaves out what a person accepted, for holds but not for rollbacks', () => {
    const accepted = { from: 300 * MINUTE_MS, tally: emptyTally(ERROR) }
    const missing = steadyMinutes(30, { exposed: arms(5, 95) })
    const judge = (minutes: readonly MinuteCounts[], alpha: number) =>
      [{}, { accepted }].map(
        (hold) =>
          judgeScope({
            subject: SUBJECT,
            metrics: [{ ...countsOf(ERROR, minutes), alpha, ...hold }],
          }).state,
      )

    expect(judge(failing, 1e-200)).toEqual(['watch', 'waiting'])
    expect(judge(missing, 0.001)).toEqual(['mismatch', 'cleared'])
    expect(judge(failing, 0.001)).toEqual(['regressed', 'regressed'])
  })

  test('keeps a hold from evidence of 20 to 1 until it is below 5 to 1', () => {
    const bad = { exposed: arms(10, 90), arrived: arms(2, 1), matured: arms(2, 1) }
    const good = { exposed: arms(10, 90), arrived: arms(0, 2), matured: arms(0, 2) }
    const minutes = [...steadyMinutes(8, bad), ...steadyMinutes(200, good, 8 * MINUTE_MS)]
    const seen = minutes.map((_, i) => {
      const counts = { ...countsOf(ERROR, minutes.slice(0, i + 1)), alpha: 1e-200 }
      const { state, keepsHold, comparison } = judgeMetric(counts, { ...counts, subject: SUBJECT })
      return { isHeld: state === 'watch', keepsHold, odds: 10 ** comparison.log10 }
    })

    for (const { isHeld, keepsHold, odds } of seen) {
      expect(isHeld).toBe(odds >= 20)
      expect(keepsHold).toBe(odds >= 5 ? true : undefined)
    }
    const phases = seen.map(({ isHeld, keepsHold }) =>
      isHeld ? 'held' : keepsHold ? 'kept' : 'free',
    )
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual([
      'free',
      'held',
      'kept',
      'free',
    ])
  })

  const DONE: LastStage = { hours: 24, hadBusiestHour: true, partOfUsualUsers: 0.9, lately: [] }
  const lately = (minutes: readonly MinuteCounts[]) =>
    judgeMetric(countsOf(ERROR, minutes), { ...TERMS, subject: SUBJECT })
  test.for([
    { state: 'safe', after: 'a day', lastStage: DONE },
    { state: 'safe', after: 'six quiet hours', lastStage: { ...DONE, lately: [lately(fine)] } },
    { state: 'cleared', after: '23 hours', lastStage: { ...DONE, hours: 23 }, gap: 'hours' },
    {
      state: 'cleared',
      after: 'quiet hours only',
      lastStage: { ...DONE, hadBusiestHour: false },
      gap: 'busiest-hour',
    },
    {
      state: 'cleared',
      after: 'few users',
      lastStage: { ...DONE, partOfUsualUsers: 0.7 },
      gap: 'users',
    },
    {
      state: 'cleared',
      after: 'late harm',
      lastStage: { ...DONE, lately: [lately(failing)] },
      gap: 'late-evidence',
    },
  ])('is $state after $after', ({ state, lastStage, gap }) => {
    const verdict = judgeScope({ subject: SUBJECT, metrics: [countsOf(ERROR, fine)], lastStage })

    expect([verdict.state, verdict.gap]).toEqual([state, gap])
  })

  test('that is safe says since when, and for how many users', () => {
    const { sentence } = judgeScope({
      subject: SUBJECT,
      metrics: [countsOf(ERROR, fine)],
      lastStage: DONE,
    })

    expect(sentence).toBe(
      'acme: new-checkout is safe to stop watching, since every guardrail is cleared after 24 hours (3,000 and 27,000 users)',
    )
  })
})

test('evidence restarts where the share grows, and only there', () => {
  const shares = [0.01, 0.1, 0.1, 0.05, 0.5]
  const allocations = shares.map((share, revision) => ({ revision, share, minutes: young }))

  const { process } = allocations.reduce(
    (tally, allocation) => fold(tally, [allocation]),
    emptyTally(ERROR),
  )

  expect(process.restarts).toHaveLength(2)
})

test('a regression that starts with a growth is found by the restart', () => {
  const healthy = { revision: 1, share: 0.1, minutes: [...fine, ...fine, ...fine] }
  const broken = steadyMinutes(8, { exposed: arms(50, 50), arrived: arms(4, 1) })
  const sameShare = fold(emptyTally(ERROR), [healthy, { revision: 2, share: 0.1, minutes: [] }])
  const grown = fold(emptyTally(ERROR), [healthy, { revision: 2, share: 0.5, minutes: broken }])

  expect(evidenceOfHarm(sameShare)).toBeLessThan(0)
  expect(evidenceOfHarm(grown)).toBeGreaterThan(1)
})

describe('allocations since a time', () => {
  test('have the minutes from it on, so that accepted evidence is left out', () => {
    const allocations = [
      { revision: 1, share: SHARE, minutes: failing },
      { revision: 2, share: SHARE, minutes: steadyMinutes(5, { exposed: arms(10, 90) }, 1e9) },
    ]

    const since = allocationsSince(allocations, 1e9 + MINUTE_MS)

    expect(since).toEqual([{ ...allocations[1], minutes: allocations[1]!.minutes.slice(1) }])
  })
})

describe('a verdict on all scopes', () => {
  const processOf = (minutes: readonly MinuteCounts[]) => countsOf(ERROR, minutes).tally.process
  const together = (...minutes: readonly (readonly MinuteCounts[])[]) =>
    judgeTogether(
      ERROR,
      minutes.map((one, i) => ({ scope: `scope-${i}`, process: processOf(one) })),
      { alpha: 0.0025 },
    )

  test('needs more than one broken scope, however broken it is', () => {
    expect(together(failing, fine, fine).isRegressed).toBe(false)
    expect(together(failing).isRegressed).toBe(false)
  })

  test('is not decided by a broken scope beside a weak suspicion', () => {
    const suspicious = steadyMinutes(1, { exposed: arms(10, 90), arrived: arms(3, 1) })

    expect(together(failing, suspicious, young)).toMatchObject({
      isRegressed: false,
      scopes: ['scope-0', 'scope-1'],
    })
  })

  test('needs two scopes with evidence of their own', () => {
    const slight = steadyMinutes(1, { exposed: arms(10, 90), arrived: arms(1, 1) })
    const many = together(...Array.from({ length: 40 }, () => slight))

    expect(many.comparison.log10).toBeGreaterThan(many.comparison.threshold)
    expect(many).toMatchObject({ isRegressed: false, scopes: [] })
  })

  test('names the broken scopes', () => {
    expect(together(failing, fine, failing)).toMatchObject({
      isRegressed: true,
      scopes: ['scope-0', 'scope-2'],
    })
  })
})
