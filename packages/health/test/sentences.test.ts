import { describe, expect, test } from 'vitest'
import {
  emptyTally,
  fold,
  type Histogram,
  judgeMetric,
  type Metric,
  type MetricState,
  type MinuteCounts,
} from '../src/index.ts'
import { ALIVE, arms, ERROR, LATENCY, MINUTE_MS, SALE, steadyMinutes } from './counts.ts'

interface Case {
  readonly state: MetricState
  readonly metric?: Metric
  readonly share?: number
  readonly finished?: readonly MinuteCounts[]
  readonly recent?: readonly MinuteCounts[]
  readonly alpha?: number
  readonly sentence: string
}

const same = (exposed: ReturnType<typeof arms>, failed: ReturnType<typeof arms>) => ({
  exposed,
  arrived: failed,
  matured: failed,
})
const slowAt = (bucket: number): Histogram => [
  [bucket - 8, 30],
  [bucket, 50],
  [bucket + 8, 18],
  [bucket + 16, 2],
]
const slow = (treatment: number, control: number) => ({
  exposed: arms(100, 100),
  measured: { treatment: slowAt(treatment), control: slowAt(control) },
})

const cases: readonly Case[] = [
  {
    state: 'regressed',
    recent: steadyMinutes(1, same(arms(412, 3604), arms(17, 32))),
    sentence:
      'acme: new-checkout fails for 4.1% of users against 0.9% on the old path (412 and 3,604 users)',
  },
  {
    state: 'regressed',
    finished: steadyMinutes(10, same(arms(41, 360), arms(2, 3))),
    sentence:
      'acme: new-checkout fails for 4.9% of users against 0.8% on the old path (410 and 3,600 users; at least 1 point worse with 99% confidence)',
  },
  {
    state: 'regressed',
    metric: { ...ERROR, key: 'payment-declined' },
    finished: steadyMinutes(10, same(arms(41, 360), arms(3, 3))),
    sentence:
      'acme: payment-declined happens to 7.3% of users with new-checkout against 0.8% on the old path (410 and 3,600 users; at least 2.5 points worse with 99% confidence)',
  },
  {
    state: 'regressed',
    metric: SALE,
    share: 0.5,
    finished: steadyMinutes(40, same(arms(100, 100), arms(20, 31))),
    sentence:
      'acme: 20% of users with new-checkout reach checkout-completed against 31% on the old path (4,000 and 4,000 users; at least 7 points worse with 99% confidence)',
  },
  {
    state: 'regressed',
    metric: ALIVE,
    share: 0.5,
    finished: steadyMinutes(40, { exposed: arms(100, 100), matured: arms(91, 99) }),
    sentence:
      'acme: 9% of users with new-checkout never report alive against 1% on the old path (4,000 and 4,000 users; at least 6 points worse with 99% confidence)',
  },
  {
    state: 'regressed',
    metric: LATENCY,
    share: 0.5,
    finished: steadyMinutes(10, slow(68, 60)),
    sentence:
      'acme: latency with new-checkout is more than 380 ms for half of the users against 190 ms on the old path (1,000 and 1,000 users; at least 12 points more users beyond the old 90th percentile with 99% confidence)',
  },
  {
    state: 'regressed',
    metric: { ...ERROR, limit: { share: 0.05 } },
    share: 0.9,
    alpha: 1e-9,
    finished: steadyMinutes(10, same(arms(360, 40), arms(36, 1))),
    sentence: 'acme: 10% of 3,600 users with new-checkout fail, and the limit is 5%',
  },
  {
    state: 'both-paths',
    metric: { ...ERROR, limit: { share: 0.05 } },
    finished: steadyMinutes(10, same(arms(40, 360), arms(6, 50))),
    sentence:
      'acme: on hold, since 15% of users with new-checkout and 14% on the old path fail, and the limit is 5%; the cause is elsewhere',
  },
  {
    state: 'watch',
    alpha: 1e-9,
    finished: steadyMinutes(10, same(arms(41, 360), arms(2, 3))),
    sentence:
      'acme: on hold, since new-checkout fails for 4.9% of users against 0.8% on the old path (410 and 3,600 users; at least 1 point worse with 99% confidence)',
  },
  {
    state: 'watch',
    metric: { key: 'kept-off', kind: 'kept-off', role: 'guardrail' },
    recent: steadyMinutes(1, { exposed: arms(100, 900), arrived: arms(3, 0) }),
    sentence:
      'acme: on hold, since an open circuit keeps 3% of users off new-checkout (100 and 900 users)',
  },
  {
    state: 'cleared',
    metric: { key: 'kept-off', kind: 'kept-off', role: 'guardrail' },
    recent: steadyMinutes(1, { exposed: arms(100, 900) }),
    sentence: 'acme: no circuit keeps users off new-checkout',
  },
  {
    state: 'no-data',
    metric: SALE,
    share: 0.5,
    finished: steadyMinutes(40, { exposed: arms(100, 100) }),
    sentence:
      'acme: on hold, since no user has reported checkout-completed yet (4,000 and 4,000 users)',
  },
  {
    state: 'no-data',
    metric: ALIVE,
    share: 0.5,
    finished: steadyMinutes(40, { exposed: arms(100, 100), matured: arms(99, 99) }),
    recent: steadyMinutes(2, { exposed: arms(100, 100), matured: arms(10, 9) }, 40 * MINUTE_MS),
    sentence:
      'acme: on hold, since users of both paths have stopped reporting alive (4,200 and 4,200 users)',
  },
  {
    state: 'waiting',
    finished: steadyMinutes(3, same(arms(10, 90), arms(0, 1))),
    sentence:
      'acme: not enough users yet, about 1,500 more; new-checkout fails for 0% of users against 1.1% on the old path (30 and 270 users)',
  },
  {
    state: 'waiting',
    finished: steadyMinutes(3, same(arms(10, 90), arms(0, 1))),
    recent: steadyMinutes(20, same(arms(10, 90), arms(0, 0)), 3 * MINUTE_MS),
    sentence:
      'acme: enough users, but their outcomes are still arriving; new-checkout fails for 0% of users against 0.1% on the old path (230 and 2,070 users)',
  },
  {
    state: 'too-few',
    finished: steadyMinutes(48, { exposed: arms(1, 9) }).map((minute, i) => ({
      ...minute,
      minute: i * 240 * MINUTE_MS,
    })),
    sentence:
      'acme: too few users to judge error: it takes about 650 more, about 11 days at the present rate; new-checkout fails for 0% of users against 0% on the old path (48 and 432 users)',
  },
  {
    state: 'cleared',
    finished: steadyMinutes(30, same(arms(10, 90), arms(0, 1))),
    sentence:
      'acme: new-checkout fails for 0% of users against 1.1% on the old path (300 and 2,700 users; at most 0.4 points worse with 95% confidence)',
  },
  {
    state: 'cleared',
    finished: steadyMinutes(300, same(arms(10, 90), arms(0, 1))),
    sentence:
      'acme: new-checkout fails for 0% of users against 1.1% on the old path (3,000 and 27,000 users; not worse, with 95% confidence)',
  },
  {
    state: 'shown',
    metric: { ...ERROR, role: 'shown' },
    finished: steadyMinutes(10, same(arms(41, 360), arms(9, 3))),
    sentence:
      'acme: new-checkout fails for 22% of users against 0.8% on the old path (410 and 3,600 users)',
  },
]

describe('a verdict in words', () => {
  test.for(cases)('is $state: $sentence', (one) => {
    const { metric = ERROR, share = 0.1, finished = [], recent = [], alpha = 0.001 } = one
    const tally = fold(emptyTally(metric), [{ revision: 1, share, minutes: finished }])

    const { state, sentence } = judgeMetric(
      { tally, recent: [{ revision: 1, share, minutes: recent }] },
      { subject: { scope: 'acme', flag: 'new-checkout' }, alpha, delta: 0.03 },
    )

    expect({ state, sentence }).toEqual({ state: one.state, sentence: one.sentence })
  })

  test('says that its users are a sample', () => {
    const minutes = steadyMinutes(1, same(arms(412, 3604), arms(17, 32)))
    const subject = { scope: 'acme', flag: 'new-checkout', oneIn: 16 }

    const { sentence } = judgeMetric(
      { tally: emptyTally(ERROR), recent: [{ revision: 1, share: 0.1, minutes }] },
      { subject, alpha: 0.001, delta: 0.03 },
    )

    expect(sentence).toBe(
      'acme: new-checkout fails for 4.1% of users against 0.9% on the old path (412 and 3,604 users), in a sample of one user in 16',
    )
  })
})
