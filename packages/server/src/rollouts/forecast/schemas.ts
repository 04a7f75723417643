import { Instant, Scope, Step } from '@flaghoist/core/schema'
import { z } from 'zod'

const users = z.int().optional().meta({
  description:
    'Users of a day, about, as counted within 7 days; absent if no split or rollout has counted any',
  example: 1_240,
})

const ForecastStep = z.object({
  audience: Step.shape.audience,
  at: Instant.optional().meta({
    description: 'Earliest instant of the step, ISO 8601 in UTC; absent if a person must act first',
  }),
  users: z.int().optional().meta({
    description: 'Users of a day with the new variant, about; absent if they are unknown',
    example: 124,
  }),
  needsPerson: z.literal(true).optional().meta({
    description: 'Present if the step ends only when a person advances it',
  }),
})

const ScopeForecast = z.object({
  scope: Scope.meta({ description: 'Scope', example: 'production/acme' }),
  wave: z.int().meta({ description: 'Index of its wave, from 0', example: 0 }),
  users,
  steps: z.array(ForecastStep).meta({ description: 'Steps to come, in order' }),
  endsAt: Instant.optional().meta({
    description:
      'Earliest instant from which all users have the new variant, ISO 8601 in UTC; absent if a person must act first',
  }),
})

export const Forecast = z
  .object({
    text: z.string().meta({
      description: 'Forecast in words',
      example:
        'All users get "on" in 26 hours at the earliest, at 2026-11-27T10:00:00Z. About 1240 users a day are concerned.',
    }),
    minutes: z.int().optional().meta({
      description: 'Minutes to the earliest end; absent if a person must act first',
      example: 1_560,
    }),
    endsAt: Instant.optional().meta({
      description: 'Earliest end, ISO 8601 in UTC; absent if a person must act first',
    }),
    users,
    scopes: z.array(ScopeForecast).meta({ description: 'Scopes in the order of their waves' }),
  })
  .meta({
    id: 'RolloutForecast',
    description:
      'Earliest times by minimum times, usual users, freezes and business hours; verdicts may take longer',
  })

export type Forecast = z.infer<typeof Forecast>
export type ForecastStep = z.infer<typeof ForecastStep>
export type ScopeForecast = z.infer<typeof ScopeForecast>
