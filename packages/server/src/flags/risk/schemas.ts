import { FlagKey, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ShownIncident } from '../../changes/incident-schema.ts'
import { RISK_DAYS } from './risk.ts'

const RiskFactor = z.object({
  name: z
    .enum([
      'users-moved',
      'scopes',
      'incidents-of-flag',
      'incidents-of-scopes',
      'dependants',
      'protected',
      'closed',
    ])
    .meta({ description: 'Name of the factor', example: 'users-moved' }),
  points: z.int().meta({ description: 'Points of the factor, 1 to 40', example: 10 }),
  text: z.string().meta({
    description: 'Reason of the points in words',
    example: 'Up to 25% of the users of a scope get another value, about 310 users a day.',
  }),
})

/** The score of a risk, and the factors that it is the sum of. */
export const riskMembers = {
  score: z.int().meta({ description: 'Risk from 0 to 100: the sum of its factors', example: 24 }),
  factors: z.array(RiskFactor).meta({ description: 'Factors of the score that have points' }),
}

export const ShownRisk = z
  .object({
    ...riskMembers,
    scopes: z
      .array(
        z.object({
          scope: Scope.meta({
            description: 'Scope whose users get another variant, or another value of it',
          }),
          movedBuckets: z.int().meta({
            description:
              'Number of buckets, of 100,000, that change variant or get another value of it',
            example: 25_000,
          }),
          users: z.int().optional().meta({
            description:
              'Users that get another variant or value in a day, about; absent if they are unknown',
            example: 310,
          }),
          closed: z.string().optional().meta({
            description: 'Freeze or business hours that apply now; absent if none do',
          }),
        }),
      )
      .meta({ description: 'Scopes that the change moves users in' }),
    dependants: z
      .array(FlagKey)
      .meta({ description: 'Live flags with this flag as a prerequisite', example: [] }),
    incidents: z.array(ShownIncident).meta({
      description: `The last 20 rollbacks and kills of the flag or of these scopes within ${RISK_DAYS} days, latest first`,
    }),
  })
  .meta({ id: 'ChangeRisk', description: 'Risk of a change, with the factors of its score' })

export type Risk = Pick<z.infer<typeof ShownRisk>, 'score' | 'factors'>
export type RiskFactor = z.infer<typeof RiskFactor>
export type ShownRisk = z.infer<typeof ShownRisk>
