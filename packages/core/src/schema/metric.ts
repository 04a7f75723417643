import { z } from 'zod'
import { Key, Name } from './keys.ts'
import { Percent } from './percent.ts'
import { strict } from './strict.ts'

const HardLimit = strict({
  percent: Percent.meta({
    description:
      'Percentage of the units: at most this many may fail or exceed `above`, at least this many must convert',
    example: 5,
  }),
  above: z.number().min(0).optional().meta({
    description: 'Value that a measurement exceeds, in its own unit; for measurements only',
    example: 2_000,
  }),
}).meta({ id: 'HardLimit', description: 'Absolute limit of a metric', example: { percent: 5 } })

/** An outcome that the health of a rollout is judged by. */
export const Metric = strict({
  key: Key.meta({
    description: 'Name of the outcome that SDKs report, such as `error`',
    example: 'checkout-ms',
  }),
  name: Name.meta({ example: 'Time to check out' }),
  kind: z.enum(['failure', 'absence', 'conversion', 'measurement']).meta({
    description:
      'Kind of the outcome: a `failure` of a unit, a sign of life whose `absence` is a failure, a success of a unit (`conversion`), or a value that is measured once per unit',
    example: 'measurement',
  }),
  direction: z.enum(['lower', 'higher']).optional().meta({
    description:
      'Better direction of a measurement; by default `lower`. Failures are better lower, conversions higher',
    example: 'lower',
  }),
  unit: z.string().max(20).optional().meta({
    description: 'Unit of a measurement for people, at most 20 characters',
    example: 'ms',
  }),
  margin: z.number().min(0).max(1_000).meta({
    description:
      'Tolerated relative change for the worse, in percent of the old rate or value, 0 to 1,000',
    example: 5,
  }),
  limit: HardLimit.optional().meta({
    description: 'Limit that holds whatever the old path does; absent for none',
  }),
  role: z.enum(['guardrail', 'goal', 'shown']).meta({
    description:
      'Role: a regressed `guardrail` rolls back, a `goal` is compared as an experiment, and `shown` is only counted',
    example: 'guardrail',
  }),
}).meta({
  id: 'Metric',
  description: 'Outcome that the health of a rollout is judged by',
  example: {
    key: 'checkout-ms',
    name: 'Time to check out',
    kind: 'measurement',
    direction: 'lower',
    unit: 'ms',
    margin: 5,
    role: 'guardrail',
  },
})

export type Metric = z.infer<typeof Metric>
