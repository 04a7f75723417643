import { Instant, Key, Plan } from '@flaghoist/core/schema'
import { z } from 'zod'
import { Origin } from '../../resources/origin.ts'

const useMembers = {
  origin: Origin,
  rollouts: z.array(Key).meta({
    description: 'Rollouts in progress that follow a copy of the plan',
    example: ['new-checkout-2026-11'],
  }),
  lastUsedAt: Instant.optional().meta({
    description: 'Start of the latest rollout with the plan, ISO 8601 in UTC; absent if never used',
  }),
}

export const PlanUsage = Plan.extend(useMembers).meta({
  id: 'PlanUsage',
  description: 'Plan, and the rollouts that follow it',
})

const keys = z.array(Key)

export const PlanPreview = z
  .object({
    waves: z
      .array(
        z.object({
          instances: keys.meta({
            description: 'Keys of the instances that the wave would have now',
            example: ['acme'],
          }),
          isEmpty: z.boolean().meta({
            description: 'True if no instance matches the wave, so that no rollout can start',
            example: false,
          }),
        }),
      )
      .meta({ description: 'Waves in order' }),
    others: keys.meta({
      description: 'Keys of the instances in no wave, which keep the old variant',
      example: [],
    }),
  })
  .meta({ id: 'PlanPreview', description: 'Instances that each wave of a plan would have now' })

export const PlanOverview = z
  .object({
    plan: Plan.meta({ description: 'The plan' }),
    version: z.int().meta({
      description:
        'Number of the last change of the plan. Between double quotes, it is the ETag that `If-Match` of a write takes',
      example: 812,
    }),
    usage: z
      .object(useMembers)
      .meta({ description: 'Origin of the plan, and the rollouts that follow it' }),
    preview: PlanPreview.meta({ description: 'Instances that each wave would have now' }),
  })
  .meta({ id: 'PlanOverview', description: 'Plan, its use, and the instances of its waves' })

export type PlanPreview = z.infer<typeof PlanPreview>
