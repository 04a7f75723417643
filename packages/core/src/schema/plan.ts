import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import { Key, Name } from './keys.ts'
import { Percent } from './percent.ts'
import { strict } from './strict.ts'

const Percentage = Percent.refine((percent) => percent > 0, 'A percentage of 0 selects nothing.')

/** Selects instances. All given members must match. */
export const Selector = strict({
  keys: z
    .array(Key)
    .min(1)
    .max(LIMITS.instances)
    .optional()
    .meta({ description: 'Keys of the instances', example: ['acme'] }),
  tags: z
    .record(
      z.string().min(1).max(100),
      z.union([z.string().max(200), z.array(z.string().max(200)).min(1).max(50)]),
    )
    .optional()
    .meta({
      description: 'Tags that the instances must have; a list accepts each of its values',
      example: { tier: ['pilot', 'internal'] },
    }),
  percent: Percentage.optional().meta({
    description:
      'Percentage of the instances, chosen by the hash of their keys; a higher one keeps all that were chosen',
    example: 10,
  }),
  rest: z.literal(true).optional().meta({
    description:
      'All instances that no earlier wave has selected, and the environment itself for contexts without an instance',
    example: true,
  }),
}).meta({ id: 'Selector', description: 'Selection of instances', example: { keys: ['acme'] } })

export const Step = strict({
  audience: z
    .union([
      strict({
        segments: z
          .array(Key)
          .min(1)
          .max(LIMITS.segments)
          .meta({ description: 'Segments whose members are served', example: ['staff'] }),
      }),
      strict({
        share: Percentage.meta({
          description: 'Percentage of the units, in steps of 0.001',
          example: 10,
        }),
      }),
    ])
    .meta({
      description: 'Audience of the step: segments, or a share of all units. Earlier segments stay',
      example: { share: 10 },
    }),
  minMinutes: z
    .int()
    .min(0)
    .max(60 * 24 * 60)
    .meta({ description: 'Minutes with exposures before the next step, 0 to 86,400', example: 10 }),
  minUnits: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .meta({ description: 'Exposed units before the next step', example: 500 }),
  gate: z.enum(['healthy', 'time', 'manual']).meta({
    description:
      'Condition of the next step: `healthy` metrics, `time` unless one has regressed, or a person (`manual`)',
    example: 'healthy',
  }),
}).meta({
  id: 'Step',
  description: 'Step of a wave',
  example: { audience: { share: 10 }, minMinutes: 10, minUnits: 500, gate: 'healthy' },
})

export const Wave = strict({
  name: Name.meta({ example: 'Pilot customers' }),
  instances: Selector.meta({ description: 'Instances of the wave, selected when it opens' }),
  atOnce: z.int().min(1).max(LIMITS.instances).optional().meta({
    description: 'Instances that may be in progress at once; by default all',
    example: 5,
  }),
  waitAtMostHours: z
    .int()
    .min(1)
    .max(24 * 60)
    .optional()
    .meta({
      description: 'Hours after which an instance that waits is skipped; by default 24',
      example: 24,
    }),
  steps: z
    .array(Step)
    .min(1)
    .max(LIMITS.steps)
    .meta({
      description: `Steps of each instance, 1 to ${LIMITS.steps}`,
    }),
}).meta({ id: 'Wave', description: 'Instances that a release reaches together, and its steps' })

/** The members of a plan that a rollout copies. */
export const planMembers = {
  waves: z
    .array(Wave)
    .min(1)
    .max(LIMITS.waves)
    .meta({ description: `Waves in order, 1 to ${LIMITS.waves}` }),
  onRegression: z.enum(['rollback', 'hold']).meta({
    description: 'Effect of a regression: roll the instance back, or hold it for a person',
    example: 'rollback',
  }),
  failBudget: z.int().min(0).max(LIMITS.instances).meta({
    description: 'Instances that may be rolled back before everything in progress is held',
    example: 1,
  }),
  holdback: strict({
    percent: Percentage.meta({ description: 'Percentage of units that keep the old path' }),
    hours: z
      .int()
      .min(1)
      .max(24 * 30)
      .meta({ description: 'Hours until they change too, 1 to 720', example: 24 }),
  })
    .nullable()
    .meta({
      description: 'Units that keep the old path for a while after the last step; `null` for none',
      example: { percent: 5, hours: 24 },
    }),
  metrics: z
    .array(Key)
    .max(LIMITS.metrics)
    .optional()
    .meta({
      description:
        'Keys of the metrics that judge the rollout; by default all guardrails and goals',
      example: ['error', 'latency'],
    }),
}

export const PLAN_EXAMPLE = {
  waves: [
    {
      name: 'Pilot customers',
      instances: { tags: { tier: 'pilot' } },
      steps: [{ audience: { share: 10 }, minMinutes: 10, minUnits: 500, gate: 'healthy' as const }],
    },
    {
      name: 'Everybody else',
      instances: { rest: true as const },
      steps: [{ audience: { share: 50 }, minMinutes: 30, minUnits: 500, gate: 'healthy' as const }],
    },
  ],
  onRegression: 'rollback' as const,
  failBudget: 1,
  holdback: { percent: 5, hours: 24 },
}

/** A template of a rollout over waves of instances. */
export const Plan = strict({
  key: Key.meta({ description: 'Key of the plan', example: 'standard' }),
  name: Name.meta({ example: 'Standard' }),
  ...planMembers,
}).meta({
  id: 'Plan',
  description: 'Template of a rollout over waves of instances',
  example: { key: 'standard', name: 'Standard', ...PLAN_EXAMPLE },
})

export type Plan = z.infer<typeof Plan>
export type Selector = z.infer<typeof Selector>
export type Step = z.infer<typeof Step>
export type Wave = z.infer<typeof Wave>
