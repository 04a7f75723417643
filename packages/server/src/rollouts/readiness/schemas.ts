import { FlagKey, Key, Scope, strict } from '@flaghoist/core/schema'
import { z } from 'zod'
import { ShownIncident } from '../../changes/incident-schema.ts'
import { INCIDENT_DAYS } from '../../changes/incidents.ts'
import { riskMembers } from '../../flags/risk/schemas.ts'

const CHECKS = [
  'sdks-connected',
  'outcomes-reported',
  'old-path-exercised',
  'metrics-defined',
  'metrics-arriving',
  'not-frozen',
  'prerequisites-on',
  'owner-set',
  'removal-planned',
  'no-rollout',
  'not-killed',
] as const

export const ReadinessQuery = strict({
  environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
  from: Key.optional().meta({
    description: 'Key of the old variant; by default the variant that is served now',
  }),
  to: Key.optional().meta({
    description: 'Key of the new variant; by default the on variant of a boolean flag',
  }),
})

const ReadinessItem = z
  .object({
    check: z.enum(CHECKS).meta({ description: 'Name of the check', example: 'owner-set' }),
    isMet: z.boolean().meta({ description: 'Result of the check', example: false }),
    text: z.string().meta({ description: 'Result in words', example: 'The flag has no owner.' }),
    fix: z.string().optional().meta({
      description: 'Command, setting or call that meets the check; absent if it is met',
      example: 'PATCH /api/v1/projects/shop/flags/search {"owner": "team-checkout"}',
    }),
  })
  .meta({ id: 'ReadinessItem', description: 'Item of the checklist of a rollout' })

const counted = {
  units: z.int().meta({
    description: 'Units seen within 24 hours. Only a split or a rollout counts units',
    example: 412,
  }),
  evaluations: z.int().meta({ description: 'Evaluations within 24 hours', example: 1_204 }),
}

export const Readiness = z
  .object({
    flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
    environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
    isReady: z.boolean().meta({ description: 'True if every check is met', example: false }),
    items: z.array(ReadinessItem).meta({ description: 'Checklist' }),
    risk: z
      .object({
        ...riskMembers,
        ...counted,
        scopes: z
          .array(z.object({ scope: Scope.meta({ description: 'Scope' }), ...counted }))
          .meta({ description: 'Users that would move, by scope' }),
        dependants: z
          .array(FlagKey)
          .meta({ description: 'Live flags with this flag as a prerequisite', example: [] }),
        incidents: z.array(ShownIncident).meta({
          description: `The last 20 rollbacks and kills of the flag or of these scopes within ${INCIDENT_DAYS} days, latest first`,
        }),
      })
      .meta({ description: 'Facts about the risk' }),
  })
  .describe('Readiness of the flag')

export type Readiness = z.infer<typeof Readiness>
export type ReadinessItem = z.infer<typeof ReadinessItem>
