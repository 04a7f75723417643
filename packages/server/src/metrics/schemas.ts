import { FlagKey, Instant, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { InstantQuery } from '../http/request-schemas.ts'

export const SeriesQuery = strict({
  flag: FlagKey.optional().meta({ description: 'Key of a flag', example: 'new-checkout' }),
  scope: Scope.optional().meta({ description: 'Exact scope', example: 'production/acme' }),
  revision: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Revision of the flag in the scope, as in the rows' }),
  from: InstantQuery.meta({
    description: 'Earliest time, inclusive, ISO 8601 in UTC; by default 24 hours before `to`',
  }),
  to: InstantQuery.meta({ description: 'Latest time, exclusive, ISO 8601 in UTC; by default now' }),
  interval: z
    .enum(['minute', 'hour', 'day', 'total'])
    .default('minute')
    .meta({ description: 'Length of an interval; hours and days are those of UTC' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .meta({ description: 'Maximum number of rows' }),
})

export type SeriesQuery = z.infer<typeof SeriesQuery>

/** The members that identify a row: an interval, a flag in a scope, and a variant. */
const cell = {
  start: Instant.meta({ description: 'Start of the interval; of a total, its first minute' }),
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  scope: Scope.meta({
    description: 'Scope in which the flag was evaluated',
    example: 'production/acme',
  }),
  revision: z.int().meta({
    description:
      'Revision of the flag in the scope; for units, the first one that gave them the same arms and variants',
    example: 42,
  }),
  attempt: z.int().meta({
    description: 'First revision of those that drew the same units; each counts an outcome once',
    example: 40,
  }),
  variant: z.string().meta({
    description: "Key of the served variant; empty for the caller's fallback",
    example: 'on',
  }),
  arm: z.enum(['', 'treatment', 'control']).meta({
    description: 'Arm of the rollout; empty without a rollout',
    example: 'treatment',
  }),
  split: z.string().meta({
    description:
      'Split that served units without an arm: `fallthrough`, `rollout`, or `rule:` and the id of its rule; empty without one, or if the report left it open',
    example: '',
  }),
}

export const Exposures = z
  .object({
    items: z
      .array(
        z.object({
          ...cell,
          reason: z.string().meta({ description: 'Reason of the evaluations', example: 'SPLIT' }),
          count: z.int().meta({
            description:
              'Number of calls; of units that chance gave the variant, each about once in five minutes',
            example: 1_204,
          }),
          units: z.int().meta({
            description:
              'Number of units that chance gave the variant and that were new to the revision',
            example: 310,
          }),
        }),
      )
      .meta({ description: 'Rows, latest interval first' }),
    capped: z
      .array(
        z.object({
          keyId: z.string().meta({ description: 'Id of the key', example: 'key-0a1b2c3d4e5f' }),
          flag: FlagKey.meta({
            description: 'Key of a flag whose events were dropped',
            example: 'new-checkout',
          }),
          dropped: z.int().meta({
            description: 'Number of dropped units; a thousand calls without a unit count as one',
            example: 12,
          }),
          at: Instant.meta({ description: 'Time of the last dropped event' }),
        }),
      )
      .meta({ description: 'Keys that exceeded their quota in the last 24 hours' }),
  })
  .describe('Counts per interval')

const Quantile = (percent: number) =>
  z
    .number()
    .optional()
    .meta({
      description: `${percent}th percentile of the measurements, accurate to 5%`,
      example: 480,
    })

export const Outcomes = z
  .object({
    items: z
      .array(
        z.object({
          ...cell,
          metric: z.string().meta({ description: 'Name of the metric', example: 'error' }),
          units: z.int().meta({
            description: 'Number of units whose first such outcome arrived in the interval',
            example: 7,
          }),
          matured: z.int().meta({
            description:
              'Number of units exposed in the interval that had the outcome within 10 minutes',
            example: 5,
          }),
          p50: Quantile(50),
          p90: Quantile(90),
          p99: Quantile(99),
        }),
      )
      .meta({ description: 'Rows, latest interval first' }),
  })
  .describe('Counts per interval')
