import { FlagKey, Scope } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ShownIncident } from '../../changes/incident-schema.ts'
import { RISK_DAYS } from './risk.ts'

const RiskPart = z.object({
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
    .meta({ description: 'Name of the part', example: 'users-moved' }),
  points: z.int().meta({ description: 'Points of the part, 1 to 40', example: 10 }),
  text: z.string().meta({
    description: 'Reason of the points in words',
    example: 'Up to 25% of the users of a scope get another variant, about 310 users a day.',
  }),
})

/** The score of a risk, and the parts that it is the sum of. */
export const riskMembers = {
  score: z.int().meta({ description: 'Risk from 0 to 100: the sum of its parts', example: 24 }),
  parts: z.array(RiskPart).meta({ description: 'Parts of the score that have points' }),
}

export const ShownRisk = z
  .object({
    ...riskMembers,
    scopes: z
      .array(
        z.object({
          scope: Scope.meta({ description: 'Scope whose users get another variant' }),
          movedBuckets: z.int().meta({
            description: 'Number of buckets, of 100,000, that change variant',
            example: 25_000,
          }),
          users: z.int().optional().meta({
            description: 'Users that change variant in a day, about; absent if they are unknown',
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
  .meta({ id: 'ChangeRisk', description: 'Risk of a change, with the parts of its score' })

export type Risk = Pick<z.infer<typeof ShownRisk>, 'score' | 'parts'>
export type RiskPart = z.infer<typeof RiskPart>
export type ShownRisk = z.infer<typeof ShownRisk>
