import { Key, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'

const Arms = z.object({
  control: z.number().meta({ description: 'Old variant', example: 3_604 }),
  treatment: z.number().meta({ description: 'New variant', example: 412 }),
})

const arms = (description: string) => Arms.meta({ description })

const Point = z.object({
  minute: z
    .int()
    .meta({ description: 'Start of the minute, epoch ms', example: 1_795_766_400_000 }),
  low: z
    .number()
    .optional()
    .meta({ description: 'Lower end; absent while unknown', example: 0.01 }),
  high: z
    .number()
    .optional()
    .meta({ description: 'Upper end; absent while unknown', example: 0.04 }),
})

/** The effect of one variant against another, valid at all times at once. */
const Effect = z
  .object({
    baseline: z
      .string()
      .meta({ description: 'Arm or variant to compare with', example: 'control' }),
    variant: z.string().meta({ description: 'Arm or variant', example: 'treatment' }),
    scale: z.enum(['difference', 'ratio']).meta({
      description: 'Difference of shares, or ratio of medians of a measurement',
      example: 'difference',
    }),
    estimate: z
      .number()
      .optional()
      .meta({ description: 'Observed effect; absent without units in both', example: 0.03 }),
    low: z.number().optional().meta({ description: 'Lower end of the interval', example: 0.018 }),
    high: z.number().optional().meta({ description: 'Upper end of the interval', example: 0.047 }),
    series: z.array(Point).meta({ description: 'Running interval, oldest first' }),
  })
  .meta({ id: 'Effect', description: 'Effect with its 95 % confidence sequence' })

const Evidence = z.object({
  log10: z.number().meta({ description: 'Logarithm of the evidence of harm', example: 3.2 }),
  threshold: z.number().nullable().meta({
    description: 'Logarithm from which the scope is rolled back; `null` if nothing rolls it back',
    example: 3.9,
  }),
  series: z
    .array(
      z.object({
        minute: z.int().meta({ description: 'Start of the minute, epoch ms' }),
        log10: z.number().meta({ description: 'Logarithm of the evidence so far', example: 1.4 }),
        rates: arms('Shares of units with the outcome so far'),
      }),
    )
    .meta({ description: 'Evidence after each minute, oldest first' }),
})

const MetricHealth = z
  .object({
    key: Key.meta({ description: 'Key of the metric', example: 'error' }),
    state: z
      .enum([
        'regressed',
        'both-paths',
        'watch',
        'no-data',
        'waiting',
        'too-few',
        'cleared',
        'shown',
      ])
      .meta({ description: 'State of the metric', example: 'cleared' }),
    sentence: z.string().meta({
      description: 'Verdict in one sentence',
      example: 'acme: new-checkout fails for 4.1% of users against 0.9% on the old path',
    }),
    units: arms('Units of each arm'),
    events: arms('Units whose outcome arrived'),
    rates: arms('Shares of units with the outcome'),
    evidence: Evidence.meta({ description: 'Evidence of harm by comparison of the arms' }),
    atLeast: z.number().optional().meta({
      description: 'Harm of at least this size, with 99 % confidence; absent without evidence',
      example: 0.018,
    }),
    ruledOut: z.number().optional().meta({
      description: 'Harm of this size or more is ruled out, with 95 % confidence',
      example: 0.01,
    }),
    usersNeeded: z.int().optional().meta({
      description: 'Users that are still needed for a verdict, about',
      example: 340,
    }),
    minutes: z
      .array(
        z.object({
          minute: z.int().meta({ description: 'Start of the minute, epoch ms' }),
          exposed: arms('Units first exposed'),
          arrived: arms('Units whose first outcome arrived'),
        }),
      )
      .meta({ description: 'Counts by minute, oldest first' }),
    effect: Effect.meta({ description: 'Treatment against control' }),
  })
  .meta({ id: 'MetricHealth', description: 'Health of one metric in one scope' })

export const HealthQuery = strict({
  scope: Scope.meta({ description: 'Scope', example: 'production/acme' }),
})

export const FlagHealth = z
  .object({
    scope: Scope.meta({ description: 'Scope', example: 'production/acme' }),
    share: z
      .number()
      .meta({ description: 'Share of the units that is treated, in %', example: 10 }),
    oneIn: z.int().meta({
      description:
        'Sample of the users that is counted: one in so many; 1 counts all. Numbers of users are those of the sample',
      example: 1,
    }),
    state: z.string().meta({
      description: 'State of the scope: the worst of its metrics; `not-compared` without a rollout',
      example: 'waiting',
    }),
    sentence: z.string().meta({ description: 'Verdict in one sentence' }),
    metrics: z.array(MetricHealth).meta({ description: 'Metrics that judge the rollout' }),
    effects: z
      .array(
        Effect.safeExtend({
          metric: Key.meta({ description: 'Key of the metric' }),
          split: z.string().meta({
            description: 'Split: `fallthrough`, `rollout`, or `rule:` and the id of its rule',
            example: 'rule:paying-customers',
          }),
        }),
      )
      .meta({
        description:
          'Effects of the variants of each split of the flag in the scope, each against the first of its split',
      }),
  })
  .meta({ id: 'FlagHealth', description: 'Health of a flag in a scope' })

export type FlagHealth = z.infer<typeof FlagHealth>
export type MetricHealth = z.infer<typeof MetricHealth>
export type Effect = z.infer<typeof Effect>
