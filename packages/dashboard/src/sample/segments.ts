import type { Ask } from './ask.ts'

const EMPLOYEES = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal']

/** Segments of the sample project. */
const SEGMENTS = [
  {
    key: 'staff',
    name: 'Our own people',
    include: EMPLOYEES.map((name) => `${name}@shop.example`),
    exclude: ['hal@shop.example'],
  },
  {
    key: 'pilot-users',
    name: 'People who asked for early features',
    include: Array.from({ length: 240 }, (_, i) => `user-${1_000 + 37 * i}`),
    when: [
      [
        { attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] },
        { attribute: 'beta', op: 'in', values: [true] },
      ],
      [{ attribute: 'email', op: 'endsWith', values: ['@pilot.example'] }],
    ],
  },
  {
    key: 'fraud-watch',
    name: 'Accounts under review',
    include: ['user-4711', 'user-8080'],
  },
]

/** Flags that are on for a segment alone: flag, scope, segment. */
const EARLY = [
  ['pdf-export', 'production', 'staff'],
  ['multi-currency', 'production', 'pilot-users'],
  ['pick-routes', 'staging', 'staff'],
] as const

/** Creates the segments, and rules that name them. */
export async function createSegments(ask: Ask): Promise<void> {
  for (const segment of SEGMENTS) await ask('POST', 'segments', segment)
  for (const [flag, scope, segment] of EARLY)
    await ask('PATCH', `flags/${flag}/layers/${scope}`, {
      on: true,
      rules: [
        {
          id: segment,
          when: [[{ attribute: 'targetingKey', op: 'segment', values: [segment] }]],
          serve: { variant: 'on' },
        },
      ],
    })
}
