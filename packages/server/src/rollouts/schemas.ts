import {
  Actor,
  FlagKey,
  Instant,
  Key,
  Owner,
  ProgressiveRollout,
  RolloutRun,
  Scope,
  strict,
} from '@flaghoist/core/schema'
import { z } from 'zod'
import { ShownRisk } from '../flags/risk/schemas.ts'
import { ProjectParams } from '../http/request-schemas.ts'
import { warningsMember } from '../projects/write-warnings.ts'
import { Forecast } from './forecast/schemas.ts'
import { RolloutOverview, Safety, ShownRun } from './run-schemas.ts'

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
    description: 'Key of the old variant; by default the variant that is served now',
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
  example: {
    key: 'new-checkout-2026-11',
    flag: 'new-checkout',
    environment: 'production',
    plan: 'standard',
  },
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
})
  .partial()
  .meta({
    id: 'RolloutAction',
    description: 'Runs that an action applies to',
    example: { scopes: ['production/acme'] },
  })

export const AbortRequest = strict({
  leave: z.boolean().meta({
    description: '`true` leaves every scope unchanged, `false` restores what the rollout found',
    example: false,
  }),
}).meta({ id: 'RolloutAbort', description: 'Scopes after an abort', example: { leave: false } })

export const Removal = z
  .object({
    variant: Key.meta({ description: 'Key of the variant whose code stays', example: 'on' }),
    evaluations: z.int().meta({
      description: 'Evaluations since the end of the rollout, within the last 7 days',
      example: 12_400,
    }),
    otherEvaluations: z.int().meta({
      description: 'Number of them that served another variant',
      example: 0,
    }),
    text: z.string().meta({
      description: 'Reason in words',
      example:
        'All users of production get "on" since 2026-11-26T08:00:00Z. 0 of 12400 evaluations since then served another variant.',
    }),
    steps: z.array(z.string()).meta({
      description: 'Next steps, with their literal requests and calls',
      example: [
        'Keep the code of "on". Delete the other path and flags.isEnabled("search"), and deploy.',
      ],
    }),
  })
  .meta({ id: 'FlagRemoval', description: 'Proposal to remove a flag from the code' })

export const ShownRollout = ProgressiveRollout.extend({
  safety: Safety.meta({ description: 'Safety of the rollout, from that of all scopes' }),
  overview: RolloutOverview.meta({ description: 'Runs summed up' }),
  forecast: Forecast.optional().meta({
    description: 'Forecast of the rest; absent once it has ended',
  }),
  removal: Removal.optional().meta({
    description:
      'Proposal to remove the flag from the code; absent unless all users have the new variant',
  }),
  runs: z.array(ShownRun).meta({ description: 'Runs in the order of their waves' }),
}).meta({ id: 'ShownRollout', description: 'Rollout with its runs' })

export const ListedRollout = ShownRollout.omit({
  runs: true,
  forecast: true,
  removal: true,
}).extend({
  nextAt: Instant.optional().meta({
    description:
      'Earliest instant of the next step, ISO 8601 in UTC; absent if none comes by itself at a known time',
  }),
})

export const ActedRollout = z.object({
  status: ProgressiveRollout.shape.status,
  forecast: Forecast.optional().meta({
    description: 'Forecast of the rest; only in a dry run of a rollout in progress',
  }),
  text: z.string().optional().meta({
    description: 'Effect of the action in words; only in a dry run',
    example: 'initech is rolled back: 0% of the users get "on" instead of 10%.',
  }),
  risk: ShownRisk.optional().meta({
    description: 'Risk of the action, with the users that it moves; only in a dry run',
  }),
  runs: z.array(RolloutRun).meta({ description: 'Runs in the order of their waves' }),
  ...warningsMember,
})

export const TimelineEntry = z
  .object({
    version: z.int().meta({ description: 'Number of the change', example: 812 }),
    at: Instant.meta({ description: 'Instant of the decision, ISO 8601 in UTC' }),
    actor: Actor.meta({ description: 'Author of the decision' }),
    action: z.string().meta({ description: 'Action of the change', example: 'run.expose' }),
    scope: Scope.optional().meta({
      description: 'Scope of the run; absent for the rollout itself',
    }),
    state: RolloutRun.shape.state.optional().meta({ description: 'State of the run afterwards' }),
    reason: z.string().optional().meta({ description: 'Reason in one sentence' }),
    evidence: z.unknown().optional().meta({ description: 'Counts behind the decision' }),
  })
  .meta({ id: 'TimelineEntry', description: 'Decision about a rollout or one of its runs' })

export type TimelineEntry = z.infer<typeof TimelineEntry>
export type ShownRollout = z.infer<typeof ShownRollout>
export type Removal = z.infer<typeof Removal>
export type ListedRollout = z.infer<typeof ListedRollout>
export type RolloutInput = z.infer<typeof RolloutInput>
export type ActionRequest = z.infer<typeof ActionRequest>
