import {
  FlagKey,
  Key,
  Owner,
  ProgressiveRollout,
  RolloutRun,
  Scope,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { ProjectParams } from '../http/request-schemas.ts'

export const RolloutParams = ProjectParams.extend({
  rollout: Key.meta({ description: 'Key of the rollout', example: 'new-checkout-2026-11' }),
})

const { plan, by } = ProgressiveRollout.shape
const { name, onRegression, failBudget, holdback } = plan.shape

const OwnPlan = plan.omit({ key: true }).extend({
  name: name.default('Own plan'),
  onRegression: onRegression.default('rollback'),
  failBudget: failBudget.default(1),
  holdback: holdback.default({ percent: 5, hours: 24 }),
})

export const RolloutInput = strict({
  key: Key.optional().meta({
    description: 'Key of the rollout; by default the flag and the day',
    example: 'new-checkout-2026-11',
  }),
  flag: FlagKey.meta({ description: 'Key of the flag', example: 'new-checkout' }),
  environment: Key.meta({ description: 'Key of the environment', example: 'production' }),
  from: Key.optional().meta({
    description: 'Key of the old variant; by default the one that is served now',
    example: 'off',
  }),
  to: Key.optional().meta({
    description: 'Key of the new variant; by default the on variant of a boolean flag',
    example: 'on',
  }),
  by: by.optional().meta({
    description: 'Attribute that identifies the unit; by default `targetingKey`',
    example: 'targetingKey',
  }),
  plan: z.union([Key, OwnPlan]).default('standard').meta({
    description: 'Key of a plan, or a plan of this rollout alone; by default `standard`',
    example: 'standard',
  }),
}).meta({
  id: 'RolloutStart',
  description: 'Rollout to start',
  example: { flag: 'new-checkout', environment: 'production', plan: 'standard' },
})

/** Selects runs of a rollout; by default all. */
export const RunSelection = {
  scopes: z
    .array(Scope)
    .min(1)
    .optional()
    .meta({ description: 'Scopes of the runs; by default all', example: ['production/acme'] }),
  tags: z
    .record(z.string(), z.string())
    .optional()
    .meta({
      description: 'Tags that the instances of the runs must have',
      example: { tier: 'pilot' },
    }),
}

export const ActionRequest = strict({
  ...RunSelection,
  owner: Owner.optional().meta({
    description: 'Responsible person or team of a quarantine; by default the owner of the instance',
  }),
  leave: z.boolean().optional().meta({
    description:
      'For `abort`: `true` leaves every scope unchanged, `false` restores what the rollout found',
    example: false,
  }),
})
  .partial()
  .meta({
    id: 'RolloutAction',
    description: 'Runs that an action applies to',
    example: { scopes: ['production/acme'] },
  })

export const RunView = RolloutRun.meta({ id: 'RunView', description: 'Run of a rollout' })

export type RolloutInput = z.infer<typeof RolloutInput>
export type ActionRequest = z.infer<typeof ActionRequest>
